"""The monitor's page is true: its example runs, and it names all there is."""

import re
import subprocess
import sys
from dataclasses import fields

import pytest

from monitor.__main__ import main
from monitor.record import COLUMNS
from monitor.source import Source, SourceError
from shared.defaults import STATUS_PORT
from shared.status import Person, RoomServer, Snapshot
from tests.kit.harness import ROOT, SECONDS, environment, free_port, wait_until

PAGE = (ROOT / "monitor" / "README.md").read_text(encoding="utf-8")


def test_the_ten_line_server_can_be_watched() -> None:
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert len([line for line in example[1].splitlines() if line.strip()]) <= 10
    port = free_port()
    code = example[1].replace(str(STATUS_PORT), str(port))
    source = Source("127.0.0.1", port)
    process = subprocess.Popen([sys.executable, "-c", code], env=environment())
    try:
        wait_until(lambda: _messages(source), "the example to answer")
        first, second = source.fetch(), source.fetch()
        assert second.public_messages > first.public_messages
    finally:
        process.kill()
        process.wait(SECONDS)


def _messages(source: Source) -> int:
    try:
        return source.fetch().public_messages
    except SourceError:
        return 0


@pytest.mark.parametrize("kind", [Snapshot, Person, RoomServer])
def test_every_field_is_on_the_page(
    kind: type[Snapshot] | type[Person] | type[RoomServer],
) -> None:
    on_the_wire = {each.name for each in fields(kind)} - {"unknown"}
    format_page = PAGE.partition("Watch your own")[2]
    assert not [each for each in on_the_wire if f"`{each}`" not in format_page]


def test_every_file_is_on_the_page() -> None:
    files = {each.name for each in (ROOT / "monitor").glob("[!_]*.py")}
    assert not [each for each in files if f"[`{each}`]({each})" not in PAGE]


def test_every_column_of_a_recording_is_on_the_page() -> None:
    assert not [each for each in COLUMNS if f"`{each}`" not in PAGE.partition("Watch your own")[0]]


def test_every_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--\w+", capsys.readouterr().out)) - {"--help"}
    assert len(options) >= 5
    assert not [each for each in options if f"`{each}" not in PAGE]
