"""What the checks of the server are asked with: servers, alone and over TLS, and with accounts."""

from collections.abc import Iterator

import pytest

from tests.kit.accounts import AccountChat
from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def _account_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountChat]:
    with AccountChat(tmp_path_factory.mktemp("accounts")) as shared:
        yield shared


@pytest.fixture
def accounts(_account_chat: AccountChat) -> AccountChat:
    """A server with accounts, that the checks of a module share; each registers other names."""
    _account_chat.all_leave()
    _account_chat.forget_logs()
    _account_chat.move()
    return _account_chat
