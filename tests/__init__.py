"""The checks: one folder for each phase, one for the monitor."""
