"""Checks of `monitor`."""
