"""What the checks of the client's core are asked with: servers, real and played."""

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
from tests.kit.scripted_fixtures import connect, server, talk  # noqa: F401 - fixtures
