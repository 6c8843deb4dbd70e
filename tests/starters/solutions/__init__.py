"""The starters with all TODOs done, each between its marks: see tests/starters/__init__.py."""
