"""The house itself is checked: who imports whom, and that every page tells the truth."""
