"""`/me waves`, in a real window: what is said of oneself, in public and in private."""

import pytest

from tests.kit.chat import Chat
from tests.kit.windows import Apps, shows, tabs_of, type_line

pytestmark = pytest.mark.window


def test_an_action_is_read_by_everybody_and_is_no_notice_to_anybody(
    start_app: Apps, chat: Chat
) -> None:
    alice = start_app.talking(chat.port)
    with chat.join("Bob") as bob:
        shows(alice, "Bob joined")
        type_line(alice, "/me waves to https://a.example/x")
        bob.hear("Alice: /me waves to https://a.example/x")  # without any client
        shows(alice, "  Alice  * waves to https://a.example/x\n")
        bob.send("//me left", "//me pokes Alice", "@Alice /me winks")
        shows(alice, "  Bob  * left\n")  # beside his name, where no notice has one
        shows(alice, "  Bob  * pokes Alice\n")
        assert tabs_of(alice).main.conversation.text.lines[-1].line.kind == "mention"
        shows(alice, "  Bob  → you * winks\n", "Bob")
        alice.open_person("Bob")
        type_line(alice, "/ME winks back")
        bob.skip_to(".*Alice -> Bob: /me winks back")
        shows(alice, "  Alice  → Bob * winks back\n", "Bob")
        bob.fence()
    assert chat.log("messages.txt")[0] == "Alice: /me waves to https://a.example/x"
