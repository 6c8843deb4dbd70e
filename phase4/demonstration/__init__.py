"""The rooms behind phase4/demo.py: the programs it runs, the people, and their play."""
