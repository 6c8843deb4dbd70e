r"""The chat client for a terminal. Run it: python -m phase4.client_terminal --name Ann

New here: the line being typed stays whole. With `input()` in one thread and `print()` in another
(phases 2 and 3), what arrives lands in the middle of what is being typed. prompt_toolkit owns the
whole line: it takes it off the screen, lets us print above, and draws it again. The parts are in
`phase4/client_terminal/`; all that the network is comes from `phase4.client`.

    Enter           sends; after pasting several lines the bar asks first (Ctrl-C: no)
    Enter, y        where Enter alone would tell everybody what may be meant for one
    Tab             completes commands and names
    Up, Ctrl-R      what was sent before; it is kept in memory, never in a file
    Ctrl-C          takes the line away (Up brings it back); leaves from an empty one
    Ctrl-D, /quit   leaves
    Ctrl-Z          stops it, as any program; `fg` brings it back
    /query NAME     talks to one person; /query alone, to everybody again
    /reconnect      while the server is away: try again now (so does Enter on an empty line)

Where standard input or output is not a terminal, it works as a filter: it sends each line of its
input, prints what arrives, and leaves once the server has taken everything. So it does where the
terminal can only print, or prompt_toolkit is not installed. Then it asks for a name first, and
comes back after a lost connection, but knows neither /query nor /reconnect. In a pipe it connects
once:

    printf 'The build is done.\n' | python -m phase4.client_terminal --name builder

Exit status: 0 after leaving by one's own wish, and in a pipe only if every line was taken;
1 otherwise; 130 in a pipe after Ctrl-C.
"""

from phase4.client_terminal.command import main
from shared.console import exit_with

if __name__ == "__main__":
    exit_with(main)
