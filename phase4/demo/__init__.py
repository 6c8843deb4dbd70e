"""A demonstration: the programs that it runs, the people, and their play."""
