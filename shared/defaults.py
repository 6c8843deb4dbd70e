"""Hosts, ports and limits, each with its unit in its name and its reason beside it.

Every program takes its defaults from here, so client, server, relay and monitor meet without
being told. A limit is not a guess: the comment says what it protects, or what others use.
"""

HOST = "127.0.0.1"  # this machine only; "0.0.0.0" lets the network in, and is asked for by name
CHAT_PORT = 12345  # the servers of all four phases
RELAY_PORT = 23456  # phase4.relay listens here and forwards to CHAT_PORT
STATUS_PORT = 12346  # phase 4 answers here with one line of JSON; the monitor reads it

# --- lines -----------------------------------------------------------------------------------

MAX_LINE_BYTES = 4096
"""A line that a person sends, with its newline. IRC allows 512; 4,096 holds a paragraph."""

RUNAWAY_LINE_BYTES = 64 * 1024
"""After so many bytes without a newline it is not a line that grew too long. Hang up."""

MAX_SERVER_LINE_BYTES = 16 * 1024
"""A line that the server sends. It holds what a person sent, with two names and a time before it,
and a control character of one byte leaves as U+FFFD, which has three."""

RECV_BYTES = 64 * 1024
"""The most that one recv() takes. Any size is correct; a large one means fewer calls."""

# --- connections -----------------------------------------------------------------------------

BACKLOG = 1024
"""Connections the kernel holds until accept() takes them, so that a class can join at once."""

MAX_CLIENTS = 1000
"""People at a time. Each costs a thread and a descriptor; systems commonly allow 1,024 of those."""

POLL_SECONDS = 0.5
"""How often a blocking call looks up, where nothing can wake it. Windows delivers Ctrl-C only
between calls."""

DRAIN_SECONDS = 1.0
"""How long a server that stops lets queued output leave, before it closes all the same."""

KEEPALIVE_IDLE_SECONDS = 90
KEEPALIVE_INTERVAL_SECONDS = 15
KEEPALIVE_PROBES = 3
"""A peer that vanished without a FIN (a cable pulled) is noticed 90 + 3 x 15 s after its last
word. ngIRCd asks after 120 s."""

# --- phase 4: people -------------------------------------------------------------------------

MAX_NAME_CHARACTERS = 20
"""A nickname. IRC networks allow 9 to 30."""

NAME_SECONDS = 20.0
"""From connecting to having a name, in all. InspIRCd allows 20 s to 90 s."""

NAME_TRIES = 20
"""Names refused before the server hangs up: a person needs three, a guessing program more."""

OUTBOX_BYTES = 1024 * 1024
"""What waits for one person beside what the kernel holds (2 to 4 MB on loopback). InspIRCd: 1 MiB.
A person who is further behind than this has stopped reading, and is disconnected."""

STALL_SECONDS = 10.0
"""A person who takes not one byte for this long, while something waits, is disconnected."""

FLOOD_BURST_LINES = 10
FLOOD_LINES_PER_SECOND = 5.0
"""People type slower. A client that sends faster is read more slowly, and nothing is lost. The IRC
server Ergo allows 5, then 2/s."""

ANNOUNCEMENTS_BURST = 50_000
ANNOUNCEMENTS_PER_SECOND = 200_000.0
"""Lines that say who comes and goes, counted once for each person who gets one. A newcomer makes
1,000 of them among 500 people: one to come, one to go. So 50 come in at once there, and then 200 a
second; a class of 30 never waits. Those inside wait half as long as without this bound."""

LAST_WORDS_SECONDS = 30.0
"""A client that sends much at once and ends the connection is read for so long: 150 lines, a page
that was piped in. Without a bound, a megabyte left behind would hold the name, and be said for
hours."""

# --- phase 4: the logs -----------------------------------------------------------------------

LOG_DIR = "logs"

LOG_FILE_BYTES = 10 * 1024 * 1024
LOG_FILES_KEPT = 5
"""messages.txt is renamed messages.txt.1 at 10 MiB, and so on up to .5: 60 MiB a log at most."""

LOG_BACKLOG_LINES = 10_000
"""Entries kept in memory while the disk refuses them. Then the oldest are dropped, and counted."""

# --- phase 4: what was said before -----------------------------------------------------------

NEWCOMER_LINES = 20
"""Earlier messages shown to a newcomer: what a screen holds beside what is said now."""

ARCHIVE_LINES = 1_000_000
ARCHIVE_DAYS = 0
"""Messages kept to be found again: some 180 MB. A class of thirty, each of whom writes 200 lines a
day, needs half a year for it. 0: without a bound."""

# --- phase 4: accounts -----------------------------------------------------------------------

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 128
"""NIST asks for 8 at least and for 64 or more to be allowed (SP 800-63B, 5.1.1.2); 128 hold a
sentence, and a whole line of them is hashed as quickly as a word."""

# --- phase 4: looking on ---------------------------------------------------------------------

REPORT_SECONDS = 5.0
"""The server's console and the monitor show new figures this often."""

STATUS_SECONDS = 2.0
"""A reader of the status port must have taken its line within this time."""

MAX_STATUS_CONNECTIONS = 64
MAX_STATUS_BYTES = 1024 * 1024
"""A snapshot, with a thousand people in it, has about 200 kB."""

HUB_ROOM = "chat"
"""The room that servers share where none is named."""

HUB_LEASE_SECONDS = 5.0
"""A server that the others have not heard for so long is taken for dead: five signs of life."""
