"""The checks of phase4/widgets/."""
