"""The checks of phase4/transport/."""
