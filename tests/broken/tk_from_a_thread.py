"""A window that a socket's thread writes into.

Tk hands a call from another thread to the main thread, and lets the caller wait for it. That works,
until the main thread itself waits for the other: to close the window, here, it joins the thread,
which waits for the main thread. Neither ever goes on. `queue` as the first argument shows what to
do instead: the thread puts plain objects into a queue, and Tk's own timer takes them out.

    python -m tests.broken.tk_from_a_thread thread     # hangs at its end
    python -m tests.broken.tk_from_a_thread queue      # does not

No server, so no phase; tests/phase4/client_gui/test_tk_and_threads.py runs both.
"""

import queue
import sys
import threading
import tkinter as tk
from collections.abc import Callable


def receive(show: Callable[[str], None], is_over: threading.Event) -> None:
    """Stands for the thread that receives: it has something to show, and last of all its end."""
    show("hello")
    is_over.wait()
    show("The connection has ended.")


def main() -> None:
    """Show a line, and close the window."""
    root = tk.Tk()
    label = tk.Label(root, width=40)
    label.pack()
    lines: queue.Queue[str] = queue.Queue()
    is_over = threading.Event()
    is_wrong = sys.argv[1] == "thread"

    def show(line: str) -> None:
        if is_wrong:
            label.configure(text=line)  # the mistake
        else:
            lines.put(line)

    receiver = threading.Thread(target=receive, args=(show, is_over), daemon=True)

    def look() -> None:
        """Take out what the thread has put in, and close the window once there was something."""
        while not lines.empty():
            label.configure(text=lines.get_nowait())
        if label["text"]:
            close()
        else:
            root.after(10, look)

    def close() -> None:
        is_over.set()
        receiver.join(1.0)  # without the 1.0: for ever
        print("still waiting" if receiver.is_alive() else "closed", flush=True)
        root.destroy()

    receiver.start()
    root.after(10, look)
    root.mainloop()


if __name__ == "__main__":
    main()
