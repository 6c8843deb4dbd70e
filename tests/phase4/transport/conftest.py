"""What the checks of what lies between are asked with: servers, and certificates."""

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
