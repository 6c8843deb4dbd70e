"""Checks in a real browser. They take long, and are asked by name."""
