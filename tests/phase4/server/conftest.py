"""What the checks of the server are asked with: servers, alone and over TLS."""

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
