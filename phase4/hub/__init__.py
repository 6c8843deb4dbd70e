"""Several servers, one room: the engine that they share, and how they come to one order over it."""
