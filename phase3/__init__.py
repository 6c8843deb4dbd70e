"""Phase 3: what one says, everybody hears."""
