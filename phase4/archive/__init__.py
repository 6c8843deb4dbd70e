"""What was said: the historian that follows the log into a database, and search in it."""
