"""The checks of phase4/echo_bot.py."""
