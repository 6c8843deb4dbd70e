"""What the checks of the terminal client are asked with: servers, certificates, terminals."""

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
from tests.kit.chat_terminal_fixtures import ann, away, hostile, open_terminal  # noqa: F401 - fixtures
