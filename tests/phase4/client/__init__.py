"""The checks of phase4/client/."""
