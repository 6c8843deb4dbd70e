"""Names that belong to somebody: which names there are, and whose they are."""
