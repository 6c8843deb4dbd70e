"""The rooms behind phase4/demo/__main__.py: the programs it runs, the people, and their play."""
