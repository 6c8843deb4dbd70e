"""The version of all programs here. pyproject.toml has the same one; a check compares the two."""

VERSION = "0.1.0"
