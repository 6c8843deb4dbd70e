"""Checks of phase 4 as a whole: they take minutes, and are asked by name (.ci/run)."""
