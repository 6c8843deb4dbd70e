"""Phase 1: one client at a time, and an echo."""
