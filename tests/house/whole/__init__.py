"""Checks of the house that take minutes: asked by name (.ci/run)."""
