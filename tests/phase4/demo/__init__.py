"""The checks of phase4/demo/."""
