"""The checks of phase4/doors/."""
