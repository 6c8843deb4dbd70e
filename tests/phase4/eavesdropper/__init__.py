"""The checks of phase4/eavesdropper/."""
