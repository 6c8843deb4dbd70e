"""Phase 4 on the wire: the chat that people use. These checks grade ours, or yours:

python -m pytest tests/phase4 --server "python my_server.py --port {port} --log-dir {logs}"

Lift your limit on how fast one may speak, if you have one: the checks speak fast. Without {logs}
the checks of the logs are skipped. The checks themselves are in tests/grading/chat; here is their
order, which is that of the lesson.
"""

import pytest

from tests.grading.chat.coming_in import BadBeginnings, ComingIn, Newcomers, WithoutAName
from tests.grading.chat.commands import Helping, Renaming, Who
from tests.grading.chat.leaving import Leaving
from tests.grading.chat.logs import Logs
from tests.grading.chat.names import Names
from tests.grading.chat.outbox import Outboxes
from tests.grading.chat.people import is_notice
from tests.grading.chat.private import Holders, PrivateMessages
from tests.grading.chat.stream import PeopleArrive, Stream, Text
from tests.grading.chat.talking import Talking
from tests.grading.chat.trust import Trust
from tests.grading.server_checks import ServerChecks, SilenceChecks

OURS = (
    "phase4.server --port {port} --log-dir {logs} --status-port 0 --flood-rate 0 --quit-key off"
    " --quiet"
)

pytestmark = pytest.mark.usefixtures("silent_people")

is_ignored = is_notice  # where a check is about what people say


class TestComingIn(ComingIn):
    """The question, the name, the welcome."""


class TestTalking(Talking):
    """What one says, all others hear."""


class TestStream(Stream):
    """Lines in a stream, as in the phases before."""


class TestText(Text):
    """The text in a line, as in the phases before."""


class TestServer(PeopleArrive, ServerChecks):
    """The server as a whole, as in the phases before."""


class TestNames(Names):
    """Whose they are, and which are allowed."""


class TestBadBeginnings(BadBeginnings):
    """What is not a line, before there is a name."""


class TestNewcomers(Newcomers):
    """How others learn of them, and what they hear."""


class TestLeaving(Leaving):
    """However somebody goes."""


class TestWithoutAName(WithoutAName):
    """Whoever has none is not here."""


class TestWho(Who):
    """Who is here."""


class TestPrivateMessages(PrivateMessages):
    """From one to another."""


class TestHolders(Holders):
    """Names, and the private messages that find whoever holds them."""


class TestRenaming(Renaming):
    """Another name."""


class TestHelping(Helping):
    """What one can do here."""


class TestTrust(Trust):
    """What is not to be believed."""


class TestOutboxes(Outboxes):
    """Nobody waits for anybody."""


class TestLogs(Logs):
    """What is kept."""


class TestSilence(PeopleArrive, SilenceChecks):
    """Whoever has a name need not say anything."""
