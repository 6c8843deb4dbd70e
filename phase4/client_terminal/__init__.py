"""The terminal client of phase 4, in parts: python -m phase4.client_terminal

`look`, `caution` and `backlog` know no terminal: what lines look like and what the bar says, what
is asked before lines are sent, and what is shown of too much. `input_line` is the one part that
touches the terminal: it keeps the line being typed whole, and `printed` what stands above it.
`conversation` ties them to the core of the client. `pipe` needs none of them: it is the client
where there is no terminal.
"""
