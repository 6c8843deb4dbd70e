"""The checks of phase4/server_gui/."""
