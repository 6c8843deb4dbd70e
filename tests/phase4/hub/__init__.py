"""Checks of what several servers share: the engine, and the order that they come to over it."""
