"""What draws the pictures in docs/: python -m tests.pictures.gui, and its like."""
