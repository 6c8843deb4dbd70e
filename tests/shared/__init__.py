"""Checks of `shared`."""
