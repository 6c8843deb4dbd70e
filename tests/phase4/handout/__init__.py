"""The checks of the one file that is handed out."""
