"""The checks of phase4/relay/."""
