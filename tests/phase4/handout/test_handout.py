"""chat.pyz, alone in an empty folder, with an interpreter that finds no library and no house."""

import ast
import errno
import os
import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phase4.handout import __main__ as making
from phase4.handout import entry
from phase4.transport.contexts import fingerprint_of_file
from phase4.transport.fingerprints import in_groups
from shared.version import VERSION
from tests.house.test_house import ARROWS
from tests.kit.chat import Chat, secure
from tests.kit.desktop import Desktop, WindowProgram
from tests.kit.harness import ROOT, Program, free_port, run, wait_until

ALONE = ("-S", "-E")
"""Neither libraries nor PYTHONPATH, which leads to the house."""

OLD = "import runpy, sys; sys.version_info = (3, 8, 10); sys.argv = sys.argv[1:]; "
WITHOUT_TK = "import runpy, sys; sys.modules['tkinter'] = None; sys.argv = sys.argv[1:]; "
OPEN = "runpy.run_path(sys.argv[0], run_name='__main__')"

TO_THE_END = ("--terminal", "--name", "Ann")


@dataclass
class Handout:
    """A server, its certificate, and the file for it in a folder of its own."""

    chat: Chat
    folder: Path
    file: Path
    cert: Path
    key: Path
    said: str

    @property
    def fingerprint(self) -> str:
        """That of the certificate."""
        return fingerprint_of_file(self.cert)

    def make(self, output: Path, **environment: str) -> bytes:
        """The same again."""
        words = ["--host", "127.0.0.1", "--port", str(self.chat.port), "--ca", str(self.cert)]
        command = [sys.executable, "-m", "phase4.handout", *words, "--output", str(output)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
        return output.read_bytes()


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handout]:
    """Made once, as the page says."""
    place = tmp_path_factory.mktemp("teacher")
    folder = tmp_path_factory.mktemp("student")
    cert, key, file = place / "chat-cert.pem", place / "chat-key.pem", folder / "chat.pyz"
    files = ("--cert", str(cert), "--key", str(key))
    assert run("phase4.certificate", "127.0.0.1", *files)[0] == 0
    tls = ("--tls-cert", str(cert), "--tls-key", str(key))
    with Chat(place, *tls, secure=secure(cert)) as chat:
        where = ("--host", "127.0.0.1", "--port", str(chat.port))
        made = ("--tls", "--ca", str(cert), "--output", str(file))
        status, said = run("phase4.handout", *where, *made)
        assert status == 0, said
        yield Handout(chat, folder, file, cert, key, said)


class Opened(Program):
    """`python chat.pyz ARGUMENTS...` in its folder."""

    how = ALONE


class OpenedWindow(WindowProgram):
    """The same, on a screen."""

    how = ALONE


class Scripted(Program):
    """`python -c SCRIPT chat.pyz ARGUMENTS...`: a Python in which something is different."""

    how = (*ALONE, "-c")


def opened(handout: Handout, *arguments: str, typed: str = "") -> tuple[int, str]:
    """What it does in a pipe: the exit status and what it prints."""
    with Opened("chat.pyz", *arguments, cwd=handout.folder) as program:
        program.type(typed)
        program.end_of_input()
        return program.wait(), "\n".join(program.rest_of_output())


# --- it is opened ---------------------------------------------------------------------------------


@pytest.mark.window
def test_the_file_alone_opens_a_window_that_asks_for_a_name_and_then_talks(
    handout: Handout, desktop: Desktop
) -> None:
    with (
        handout.chat.join("Bob") as bob,
        OpenedWindow(desktop, "chat.pyz", cwd=handout.folder) as program,
    ):
        form = program.window("^Join the chat$")
        form.key("ctrl+a")
        form.type("Ann\n")
        bob.hear("* Ann joined")
        window = program.window(f"Ann on 127.0.0.1:{handout.chat.port}")
        window.type("hello from one file\n")
        bob.hear("Ann: hello from one file")
        bob.send("welcome")
        window.copied(lambda text: "welcome" in text, "what Bob says")
        window.key("F7")
        window.copied(lambda text: "chat.pyz vouches for" in text, "why the server is believed")
        window.key("ctrl+q")
        assert program.wait() == 0
    assert [each.name for each in handout.folder.iterdir()] == ["chat.pyz"]


def test_in_a_pipe_it_is_the_client_for_a_terminal(handout: Handout) -> None:
    with handout.chat.join("Bob") as bob:
        assert opened(handout, *TO_THE_END, typed="The build is done.\n")[0] == 0
        bob.hear("* Ann joined")
        bob.hear("Ann: The build is done.")


def test_it_says_what_it_is_and_whom_it_believes(handout: Handout) -> None:
    status, said = opened(handout, "--version")
    assert status == 0
    first, second, *shown = said.splitlines()
    place = f"127.0.0.1:{handout.chat.port}"
    assert first == f"chat.pyz: the chat at {place}, made by version {VERSION}"
    assert re.fullmatch(r"With TLS, .* that this one vouches for, until \d{4}-\d\d-\d\d:", second)
    assert shown == ["SHA256", *(f"  {each}" for each in in_groups(handout.fingerprint))]
    assert said.replace("chat.pyz", str(handout.file)) in handout.said
    assert "no key in it" in handout.said


def test_what_is_typed_wins_over_what_the_file_knows(handout: Handout) -> None:
    port = free_port()
    status, said = opened(handout, *TO_THE_END, "--port", str(port))
    assert status == 1
    assert f"No server listens on 127.0.0.1 port {port}." in said
    status, said = opened(handout, *TO_THE_END, "--host", "localhost")
    assert status == 1
    assert "is for another host: it is for 127.0.0.1. Nothing was sent." in said


def test_no_other_server_is_believed_even_where_tls_is_asked_for_once_more(
    handout: Handout, tmp_path: Path
) -> None:
    files = ("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"))
    assert run("phase4.certificate", "127.0.0.1", *files)[0] == 0
    with Chat(tmp_path, "--tls-cert", files[1], "--tls-key", files[3]) as other:
        status, said = opened(handout, *TO_THE_END, "--tls", "--port", str(other.port))
    assert status == 1
    assert f"Nobody in chat.pyz vouches for the certificate of 127.0.0.1 port {other.port}" in said
    assert said.endswith("ask for the file that goes with it.")


def test_without_tls_it_says_so_and_talks(tmp_path: Path) -> None:
    with Chat(tmp_path) as chat, chat.join("Bob") as bob:
        file = tmp_path / "chat.pyz"
        where = ("--host", "127.0.0.1", "--port", str(chat.port))
        status, said = run("phase4.handout", *where, "--output", str(file))
        assert status == 0
        assert "Without TLS: anybody on the way can read and alter what is said." in said
        with Opened("chat.pyz", *TO_THE_END, cwd=tmp_path) as program:
            program.type("hello\n")
            program.end_of_input()
            assert program.wait() == 0
        bob.hear("* Ann joined")
        bob.hear("Ann: hello")


# --- what is in it --------------------------------------------------------------------------------


def test_it_holds_what_the_clients_import_and_nothing_else(handout: Handout) -> None:
    todo = ["phase4.handout.entry", "phase4.handout.opened"]
    wanted: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += [*ARROWS[name], *filter(None, [name.rpartition(".")[0]])]
    with zipfile.ZipFile(handout.file) as archive:
        names = archive.namelist()
    assert len(names) == len({*names})
    modules = {name.removesuffix(".py").removesuffix("/__init__") for name in names}
    assert modules - {"__main__", "phase4/handout/given.json"} == {
        name.replace(".", "/") for name in wanted
    }
    assert not re.search("phase4/(server|relay|certificate)|monitor|phase3", "\n".join(names))


def test_it_is_small_and_may_be_run_and_read_by_everybody(handout: Handout) -> None:
    assert handout.file.stat().st_size < 400_000  # a web page has more
    if sys.platform != "win32":
        assert stat.S_IMODE(handout.file.stat().st_mode) == 0o755
    assert handout.file.read_bytes().startswith(b"#!/usr/bin/env python3\n")


def test_the_key_is_not_in_it(handout: Handout) -> None:
    secret = "".join(handout.key.read_text().splitlines()[1:-1])
    with zipfile.ZipFile(handout.file) as archive:
        held = [archive.read(name).decode() for name in archive.namelist()]
    everything = "".join(held).replace("\\n", "").replace("\n", "")
    assert "".join(handout.cert.read_text().splitlines()[1:-1]) in everything
    assert secret not in everything
    assert "BEGIN PRIVATE" not in everything


def test_the_same_again_makes_the_same_bytes(handout: Handout, tmp_path: Path) -> None:
    again = handout.make(tmp_path / "other.pyz", TZ="Asia/Tokyo", PYTHONHASHSEED="1")
    assert again == handout.file.read_bytes()


def test_only_an_older_one_is_replaced(handout: Handout, tmp_path: Path) -> None:
    other = tmp_path / "mine.pyz"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("__main__.py", "print('mine')")
    note, folder = tmp_path / "note.pem", tmp_path / "folder"
    note.write_text("of worth")
    folder.mkdir()
    for path, why in (
        (other, "it is there already, and was not made here"),
        (note, "it is there already, and was not made here"),
        (folder, "it is a directory, not an ordinary file"),
        (tmp_path / "nowhere" / "chat.pyz", "No such file or directory"),
    ):
        before = path.read_bytes() if path.is_file() else None
        status, said = run("phase4.handout", "--host", "chat.example", "--output", str(path))
        assert (status, said) == (2, f"phase4.handout: nothing was written. {path}: {why}.")
        assert (path.read_bytes() if path.is_file() else None) == before
    older = tmp_path / "older.pyz"
    assert run("phase4.handout", "--host", "chat.example", "--output", str(older))[0] == 0
    assert handout.make(older) == handout.file.read_bytes()


def test_where_one_may_not_write_another_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(making, "replace_bytes", refuse)  # for root nothing is forbidden
    file = tmp_path / "chat.pyz"
    assert making.main(["--host", "chat.example", "--output", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.endswith(f" {file}: Permission denied. Say --output for another place.\n")


# --- where it cannot be opened --------------------------------------------------------------------


def test_an_old_python_says_that_it_is_too_old_where_a_person_sees_it(
    handout: Handout, desktop: Desktop
) -> None:
    """There is no terminal here, as after a double click; so there is a window as well."""
    with Scripted(OLD + OPEN, "chat.pyz", cwd=handout.folder, env=desktop.env) as program:
        program.expect(
            r"^chat\.pyz needs Python 3\.11 or later, and this is Python 3\.8\.10\. "
            r"A newer one is at https://www\.python\.org/downloads/$"
        )
        desktop.window("^chat.pyz$").key("Return")
        assert program.wait() == 2
        assert len(program.rest_of_output()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a window for this by itself")
def test_without_tkinter_it_says_how_to_go_on_in_a_terminal_where_a_person_sees_it(
    handout: Handout, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    program = tmp_path / "xmessage"
    program.write_text(f'#!/bin/sh\nprintf %s "$*" >{shown}\n')
    program.chmod(0o700)
    env = {"PATH": str(tmp_path), "DISPLAY": ":99999"}
    with Scripted(WITHOUT_TK + OPEN, "chat.pyz", cwd=handout.folder, env=env) as started:
        said = started.expect("^The window needs tkinter, which this Python does not have: .*$")[0]
        assert started.wait() == 2
    assert said.endswith("or use the client for the terminal: python3 chat.pyz --terminal")
    wait_until(lambda: shown.exists() and shown.read_text() == said, "the same in a window")


def test_old_pythons_can_read_what_tells_them_that_they_are_old() -> None:
    for path in ("entry.py", "alert.py", "__init__.py", "../__init__.py"):
        text = (ROOT / "phase4/handout" / path).read_text(encoding="ascii")
        tree = ast.parse(text, feature_version=(3, 4))
        kinds = {type(node) for node in ast.walk(tree)}
        assert kinds.isdisjoint({ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef})
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.returns is None
                assert not any(each.annotation for each in node.args.args)
            if isinstance(node, ast.List | ast.Tuple):
                assert not any(isinstance(each, ast.Starred) for each in node.elts)


def test_it_asks_for_the_python_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={'.'.join(map(str, entry.NEEDED))}"
