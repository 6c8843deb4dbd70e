"""The rooms behind phase4/connection.py: what a client of the chat is made of, but for its screen.

`events` is what a client sees, `dialogue` makes it of the server's lines, `send_queue` holds what a
person said until the server has it, `event_queue` and `dialing` are the two ends of the thread that
owns the socket. Over TLS, `trust` decides whom to talk to, and `known_hosts` is the file in which
it remembers that. None of them knows a toolkit.
"""
