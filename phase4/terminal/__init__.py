"""The terminal client of phase 4, in parts; phase4/client_terminal.py is its command line.

`look`, `caution`, `completion` and `backlog` know no terminal: what lines look like, what the bar
says, what it asks before lines are sent, what Tab offers, and what is shown of too much.
`input_line` is the one room that touches the terminal: it keeps the line being typed whole.
`conversation` ties them to a phase4.connection.Connection. `pipe` is the client where there is
no terminal.
"""
