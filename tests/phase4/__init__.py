"""Checks of `phase4`."""
