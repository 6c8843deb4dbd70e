"""The terminal client of phase 4, in parts: python -m phase4.client_terminal

`look`, `caution`, `completion` and `backlog` know no terminal: what lines look like, what the bar
says and asks before lines are sent, what Tab offers, and what is shown of too much. `input_line` is
the one part that touches the terminal: it keeps the line being typed whole. `conversation` ties
them to the core of the client. `pipe` is the client where there is no terminal.
"""
