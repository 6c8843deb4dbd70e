"""The chat in a window. Run it: python -m phase4.client_gui

New here: a window has a loop of its own, which must never wait. So the socket is in another thread
(phase4/client/), and a queue is all that is between the two; phase4/client_gui/app.py says how.
From phase 2's client comes the idea of one thread for the person and one for the socket.

The command line is in phase4/client_gui/command.py, from where other programs open the window, too.
"""

import sys

from phase4.client_gui.command import main
from phase4.widgets.opening import NoWindow

if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoWindow as error:
        print(error, file=sys.stderr)
        sys.exit(2)
