"""Phase 2: a thread for each client."""
