"""What the checks of the client's window are asked with: servers, and certificates."""

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
from tests.kit.scripted_fixtures import server  # noqa: F401 - a fixture
