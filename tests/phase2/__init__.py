"""Checks of `phase2`."""
