"""Checks of `phase3`."""
