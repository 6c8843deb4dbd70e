"""How a connection is let go of, without a window that waits for it."""

import threading

from phase4.client import Client

CLOSE_SECONDS = 1.0


def close_behind(client: Client) -> None:
    """Close it in a thread: that may take a moment, and a window must not wait."""
    threading.Thread(target=client.close, args=(CLOSE_SECONDS,), daemon=True).start()
