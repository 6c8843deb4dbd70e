"""Several servers, one room: an engine keeps the order, and every server computes the same."""
