"""The core of every client: one thread owns the socket, and knows no toolkit.

`client` is that thread. `events` is what a client sees, `dialogue` makes it of the server's
lines, and `send_queue` holds what a person said until the server has it. `event_queue` and
`dialing` are the two ends of the thread. `mentions` finds a name in a text.
"""
