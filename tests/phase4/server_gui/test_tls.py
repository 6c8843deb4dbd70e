"""The server's window over TLS: what it is told to do, what it shows, and what it says is wrong."""

import re
import signal
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.server_gui import tls_form
from phase4.server_gui.app import App, State
from phase4.server_gui.form import Wanted
from phase4.server_gui.reports import Started, format_report, parse_report
from phase4.server_gui.tls_form import NEW_CERTIFICATE, NEW_KEY
from phase4.transport.contexts import fingerprint_of_file
from phase4.transport.known_hosts import parse
from shared.listener import open_listener
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.chat import PROMPT, Person, secure
from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, wait_until
from tests.kit.windows import press, see
from tests.phase4.server_gui.test_server_gui import YES, ServerWindow, bar, join, port_of

pytestmark = pytest.mark.window

OpenApp = Callable[..., App]


@pytest.fixture
def open_app(root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]) -> OpenApp:
    """Put a window up; its server, if one runs at the end, is ended with it."""

    def build(tls_cert: str = "", tls_key: str = "", tls_port: str = "") -> App:
        options = ("--log-dir", str(tmp_path / "logs"))
        ports = {"port": "0", "status_port": "0", "tls_port": tls_port}
        fields = {"host": "127.0.0.1", **ports, "tls_cert": tls_cert, "tls_key": tls_key}
        return put_up(App(root, Wanted(fields, options), "light", lambda: False))

    return build


def says(app: App, part: str) -> None:
    """Wait for a sentence in the bar."""
    see(app.root, lambda: part in bar(app), f"a sentence with {part!r}")


def is_at(app: App, field: str) -> None:
    """Wait until the keyboard is in a field about TLS."""
    see(app.root, lambda: app.root.focus_get() is app.page.tls.fields[field], f"the field {field}")


def join_safely(authority: Authority, port: int, name: str) -> Person:
    """Somebody who has joined over TLS."""
    person = Person("127.0.0.1", port, secure=secure(authority.file))
    person.expect(PROMPT)
    person.send(name)
    person.expect(".* Welcome, .*")
    return person


def to_compare(certificate: Path) -> str:
    """Its fingerprint as it is shown and copied."""
    return "\n".join(("SHA256", *groups_of(fingerprint_of_file(certificate))))


def tls_port_of(app: App) -> int:
    """Where its server speaks TLS, as it shows beside the fingerprint."""
    port_of(app)
    found = re.match(r"Encrypted on 127\.0\.0\.1:(\d+)\.", app.page.tls.fingerprint.shown)
    assert found
    return int(found[1])


def test_while_it_runs_the_fingerprint_can_be_read_selected_and_copied(
    root: tk.Tk, open_app: OpenApp, authority: Authority
) -> None:
    certificate = authority.certificate()
    app = open_app(str(certificate))
    app.start()
    form, expected = app.page.tls, to_compare(certificate)
    with join_safely(authority, tls_port_of(app), "Alice"):
        assert form.fingerprint.shown.endswith(f"\n{expected}")
        see(root, lambda: form.fingerprint.dlineinfo("end-1c"), "all of it")
        fixed = map(str, form.fingerprint.tag_ranges("fixed"))
        assert form.fingerprint.get(*fixed) == expected.removeprefix("SHA256\n")
        press(app.page.people.tree, "<Alt-y>")
        assert root.clipboard_get() == expected
        root.clipboard_clear()
        form.fingerprint.tag_add("sel", "2.0", "end-1c")
        press(form.fingerprint, "<<Copy>>")
        assert root.clipboard_get() == expected
        [known] = parse(f"192.168.1.20 12345 {expected}")  # as it is pasted behind a host and port
        assert known.fingerprint == fingerprint_of_file(certificate)
    see(root, lambda: app.page.people.names() == (), "that Alice has left")  # else it would ask
    app.stop()
    see(root, lambda: app.state is State.STOPPED, "the end")
    assert form.fingerprint.shown == ""
    assert not form.copy_button.winfo_ismapped()


def test_a_renewed_certificate_is_taken_up_and_its_fingerprint_shown(
    root: tk.Tk, open_app: OpenApp, authority: Authority
) -> None:
    certificate = authority.certificate()
    app = open_app(str(certificate))
    app.start()
    with join_safely(authority, tls_port_of(app), "Alice") as alice:
        authority.certificate().replace(certificate)
        app.renew()  # SIGUSR1 calls it
        expected = to_compare(certificate)
        see(root, lambda: app.page.tls.fingerprint.shown.endswith(expected), "the new one")
        see(
            root,
            lambda: "The certificate was renewed." in app.page.log.shown(),
            "a line that says so",
        )
        with join_safely(authority, tls_port_of(app), "Bob"):
            alice.hear("* Bob joined")


def test_with_a_port_of_its_own_for_tls_the_other_one_stays_plain(
    open_app: OpenApp, authority: Authority
) -> None:
    app = open_app(str(authority.certificate()), tls_port="0")
    app.start()
    with (
        join_safely(authority, tls_port_of(app), "Alice") as alice,
        join(port_of(app), "Bob") as bob,
    ):
        alice.hear("* Bob joined")
        bob.send("hello")
        alice.hear("Bob: hello")


def test_files_that_are_wrong_are_a_sentence_and_the_field_to_mend_has_the_keyboard(
    open_app: OpenApp, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = authority.certificate()
    app = open_app()
    press(app.page.start_button, "<Alt-e>")
    app.start()
    says(app, "TLS needs a certificate")
    is_at(app, "tls_cert")
    app.page.fill({"tls_cert": "~no-such-user/nowhere.pem"})
    app.start()
    says(app, "~no-such-user, and no such home directory is known")
    is_at(app, "tls_cert")
    app.page.fill({"tls_cert": str(good), "tls_key": str(authority.certificate())})
    app.start()
    says(app, "is not the key that belongs to")
    is_at(app, "tls_key")
    with open_listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        app.page.fill({"tls_key": "", "tls_port": str(port)})
        app.start()
        says(app, f"Port {port} on 127.0.0.1 is in use")
        is_at(app, "tls_port")
    app.page.fill({"tls_port": "many"})
    app.start()
    says(app, "A port is a number")
    is_at(app, "tls_port")
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(good.parent))
    app.page.fill({"tls_cert": f"~/{good.name}", "tls_port": ""})
    app.start()
    with join_safely(authority, tls_port_of(app), "Alice"):
        assert not bar(app)


def test_without_the_tick_nothing_is_encrypted_whatever_the_fields_hold(
    root: tk.Tk, open_app: OpenApp
) -> None:
    app = open_app("/nowhere.pem", tls_port="many")
    assert app.page.tls.winfo_manager()
    press(app.page.start_button, "<Alt-e>")
    assert not app.page.tls.winfo_manager()
    app.start()
    with join(port_of(app), "Alice"):
        press(app.page.people.tree, "<Alt-e>")  # it runs: too late
        press(app.page.people.tree, "<Alt-c>")
        assert not app.page.tls.winfo_manager()
        assert root.focus_get() is app.page.people.tree


def test_everything_about_tls_is_reached_with_the_keyboard(root: tk.Tk, open_app: OpenApp) -> None:
    app = open_app()
    press(app.page.start_button, "<Alt-k>")  # which brings the fields into sight
    form = app.page.tls
    is_at(app, "tls_key")
    widget: tk.Misc | None = app.page.fields["host"]
    reached: list[tk.Misc] = []
    while widget is not None and widget not in reached:
        reached.append(widget)
        widget = widget.tk_focusNext()
    parts = [app.page.tls_box, *form.fields.values(), *vars(form)["_choose"].values()]
    assert {*parts} <= {*reached}
    assert (form.make_button in reached) == vars(tls_form)["_can_make"]()


def test_a_certificate_is_made_used_and_never_written_over(
    need: Callable[..., None],
    open_app: OpenApp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need(modules=["cryptography"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the server's process
    app = open_app()
    press(app.page.start_button, "<Alt-e>")
    press(app.page.start_button, "<Alt-a>")
    is_at(app, "tls_cert")
    assert app.page.values()["tls_cert"] == NEW_CERTIFICATE
    assert app.page.values()["tls_key"] == NEW_KEY
    made = [Path(name).read_bytes() for name in (NEW_CERTIFICATE, NEW_KEY)]
    press(app.page.tls.fields["tls_cert"], "<Alt-a>")
    says(app, f"{NEW_CERTIFICATE} is there already")
    assert made == [Path(name).read_bytes() for name in (NEW_CERTIFICATE, NEW_KEY)]
    app.start()
    fingerprint = fingerprint_of_file(Path(NEW_CERTIFICATE))
    port_of(app)
    assert fingerprint_in(app.page.tls.fingerprint.shown) == fingerprint


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 300, "cannot be made"), ("loop", "there already")]
)
def test_a_file_that_cannot_be_one_is_a_sentence(
    need: Callable[..., None], open_app: OpenApp, tmp_path: Path, name: str, why: str
) -> None:
    need(modules=["cryptography"])
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    app = open_app(str(tmp_path / name), str(tmp_path / "key.pem"))
    press(app.page.start_button, "<Alt-a>")
    says(app, why)
    is_at(app, "tls_cert")
    assert not (tmp_path / "key.pem").exists()


def test_where_no_certificate_can_be_made_there_is_no_button(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_form, "_can_make", lambda: False)
    app = open_app("file.pem")
    app.root.update()
    assert app.page.tls.winfo_ismapped()
    assert not app.page.tls.make_button.winfo_ismapped()


def test_the_report_of_a_start_with_tls_reads_as_it_was_written() -> None:
    report = Started("127.0.0.1:5", "127.0.0.1:6", "AB:CD")
    assert parse_report(format_report(report)) == report


# --- the program, as a person uses it -------------------------------------------------------------


def test_the_options_of_the_command_line_are_in_the_fields_and_a_file_is_chosen_by_keyboard(
    desktop: Desktop, authority: Authority, tmp_path: Path
) -> None:
    first, second = authority.certificate(), authority.certificate()
    logs = tmp_path / "logs"
    with ServerWindow(desktop, logs, "--start", "--tls-cert", str(first)) as server:
        window = server.window()
        with join_safely(authority, server.port(window), "Alice"):
            window.expect_title("1 online")
            window.key("alt+o", *YES)
        window.expect_title("Stopped")
        window.key("alt+c", "Tab", "Return")
        desktop.window(r"Certificate \(PEM\)").type(f"{second}\n")
        wait_until(lambda: not desktop.has_window(r"Certificate \(PEM\)"), "the choice")
        window.key("alt+t")
        with join_safely(authority, server.port(window), "Alice"):
            window.key("alt+y")
            expected = to_compare(second)
            wait_until(lambda: desktop.clipboard() == expected, "the fingerprint to be copied")
            window.expect_title("1 online")
            window.key("alt+o", *YES)
        window.expect_title("Stopped")
        window.key("alt+e", "alt+t")  # no tick, no TLS
        with join(server.port(window), "Alice"):
            window.expect_title("1 online")
            window.key("alt+F4", *YES)
            assert server.wait() == 0
        assert server.rest_of_output() == []


def test_a_signal_closes_the_window_in_order_while_a_file_is_chosen(
    desktop: Desktop, tmp_path: Path
) -> None:
    with ServerWindow(desktop, tmp_path / "logs") as server:
        server.window().key("alt+c", "Tab", "Return")
        desktop.window(r"Certificate \(PEM\)")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert server.rest_of_output() == []


def test_sigusr1_does_the_window_no_harm_and_reaches_its_server(
    desktop: Desktop, tmp_path: Path, authority: Authority
) -> None:
    certificate = authority.certificate()
    given = ("--start", "--tls-cert", str(certificate))
    with ServerWindow(desktop, tmp_path / "logs", *given) as server:
        window = server.window()
        server.port(window)  # it runs
        authority.certificate().replace(certificate)
        server.signal(signal.SIGUSR1)
        expected = to_compare(certificate)

        def is_copied() -> bool:
            window.key("alt+y")
            return desktop.clipboard() == expected

        wait_until(is_copied, "the new fingerprint")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
