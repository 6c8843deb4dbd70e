"""The checks of the accounts: passwords, the thread for them, tries, the file, the command line."""
