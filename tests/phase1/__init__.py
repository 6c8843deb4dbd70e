"""Checks of `phase1`."""
