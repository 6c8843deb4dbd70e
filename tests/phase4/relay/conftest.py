"""What the checks of the relay are asked with: servers behind it, and certificates."""

from tests.kit.chat_fixtures import authority, start, transport  # noqa: F401 - fixtures
