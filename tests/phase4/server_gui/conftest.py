"""What the checks of the server's window are asked with: certificates."""

from tests.kit.chat_fixtures import authority  # noqa: F401 - fixtures
