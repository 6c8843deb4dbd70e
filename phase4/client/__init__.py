"""The core of every client: one thread owns the socket, and knows no toolkit.

A program that talks needs this module alone: `Client`, its events, `SendError` and `Trust`. Behind
it, `client` is the thread, and `talk` is the protocol, without I/O: it holds what the person said
until the server has it (`send_queue`), and for each connection a `dialogue`, which makes `events`
of the server's lines. `event_queue` and `dialing` are the two ends of the thread. For programs that
show a conversation, `mentions` finds a name in a text, `name_colours` gives each person a colour,
and `completion` is what Tab offers.
"""

from phase4.client.client import Client
from phase4.client.events import (
    Arrived,
    Connected,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    PeopleChanged,
    Recalled,
    Received,
    Secured,
    SendError,
    SendQueueFull,
    Welcomed,
)
from phase4.transport.trusting import Trust

__all__ = [
    "Arrived",
    "Client",
    "Connected",
    "ConnectionLost",
    "Disconnected",
    "Event",
    "NameRefused",
    "PasswordAsked",
    "PeopleChanged",
    "Recalled",
    "Received",
    "Secured",
    "SendError",
    "SendQueueFull",
    "Trust",
    "Welcomed",
]
