"""A dashboard in the terminal for a chat server that is running."""
