"""Names that belong to somebody: which names there are, whose they are, and what waits for them."""
