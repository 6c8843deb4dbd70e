"""Phase 4: a chat server for people, with names, logs, a relay and clients."""
