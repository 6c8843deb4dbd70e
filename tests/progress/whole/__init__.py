"""Checks that grade whole phases and classes: they take minutes, and are asked by name."""
