"""Write one file that is the whole client of your server, to hand out to everybody.

    python -m phase4.handout --host 192.168.1.20 --tls --ca chat-cert.pem

It writes chat.pyz: the window and the client for a terminal, the certificate, and where the server
is. Python 3.11 or later with Tk opens it, without any library: by a double click, where Python was
installed for that, and by `python3 chat.pyz` (on Windows `py chat.pyz`). It asks for a name alone.

New here: a program in one file. Python runs a zip archive that has a `__main__.py` (PEP 441), and
imports from it as from a folder.
"""

import argparse
import errno
import sys
from collections.abc import Iterator
from pathlib import Path

from phase4.certificate import Name, is_loopback, name_or_address
from phase4.handout.archive import is_ours, made_of
from phase4.handout.given import Given
from phase4.handout.vouching import NotVouched, Vouched, vouched
from shared.address import port_number
from shared.arguments import file_path, typed
from shared.console import accept_any_text, exit_with
from shared.defaults import CHAT_PORT
from shared.files import check_ordinary, is_of_others, replace_bytes
from shared.version import VERSION

OUTPUT = Path("chat.pyz")


def main(arguments: list[str] | None = None) -> int:
    """Write the file and say what it is; the exit status."""
    accept_any_text()
    options = _parser().parse_args(arguments)
    try:
        name = name_or_address(options.host)
        by = vouched(options.ca, name) if options.ca else None
        given = _given(options, by)
        size = _write(options.output, made_of(given))
    except NotVouched as error:
        return _refuse(str(error))
    except OSError as error:
        remedy = " Say --output for another place." if is_of_others(error) else ""
        return _refuse(f"{options.output}: {error.strerror}.{remedy}")
    print("\n".join([*given.about(str(options.output)), *_remarks(name, by, options.output, size)]))
    return 0


def _refuse(why: str) -> int:
    print(f"phase4.handout: nothing was written. {why}", file=sys.stderr)
    return 2


def _given(options: argparse.Namespace, by: Vouched | None) -> Given:
    return Given(
        VERSION,
        options.host,
        options.port,
        has_tls=options.tls or by is not None,
        pem=by.pem if by else "",
        until=f"{by.until:%Y-%m-%d}" if by else "",
    )


def _write(path: Path, data: bytes) -> int:
    """Write it for everybody, in the place of an older one; its size in bytes.

    Raises OSError, also where there is something else, which may be of worth.
    """
    check_ordinary(path)
    if path.exists() and not is_ours(path):
        raise FileExistsError(errno.EEXIST, "it is there already, and was not made here", str(path))
    replace_bytes(path, data, 0o755)
    return len(data)


def _remarks(name: Name, by: Vouched | None, output: Path, size: int) -> Iterator[str]:
    yield f"{size / 1000:.0f} kB and no key in it: give it to everybody. Python 3.11 or later opens"
    yield "it, by a double click where Python was installed for that, or by one of these. The"
    yield "first needs Tk, which Debian's Python has not; on Windows, py stands for python3:"
    for more in ((), ("--terminal", "--name", "ANN")):
        yield f"    {typed(['python3', output.name, *more])}"
    if by and by.is_authority:
        yield "What vouches is an authority. Try once whether it vouches for your server:"
        yield f"its own certificate must be for {name}."
    if is_loopback(name):
        yield f"{name} is the machine of whoever opens it: this is to try it here, and no more."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.handout",
        description="Write one file that is the whole client of your server.",
    )
    add = parser.add_argument
    add(
        "--host",
        type=_host,
        required=True,
        help="the server's name or address, as people will connect to it",
    )
    add(
        "--port",
        type=_port,
        default=CHAT_PORT,
        help="the server's port (default %(default)s)",
    )
    add(
        "--tls",
        action="store_true",
        help="the server speaks TLS; without --ca, what it shows the first time will do",
    )
    add(
        "--ca",
        type=file_path,
        metavar="FILE",
        help="implies --tls: the server's certificate (PEM), or one that vouches for it; it goes"
        " into the file, and no other will do",
    )
    add(
        "--output",
        type=file_path,
        default=OUTPUT,
        metavar="FILE",
        help="where to write it (default %(default)s); an older one there is replaced",
    )
    return parser


def _host(text: str) -> str:
    """As it is typed, if others can connect to it. For argparse's `type`."""
    name_or_address(text)
    if "%" in text:
        raise argparse.ArgumentTypeError(f"{text} has a zone, which means something here alone")
    return text


def _port(text: str) -> int:
    if not (port := port_number(text)):
        raise argparse.ArgumentTypeError("nobody can connect to port 0; give the server's own")
    return port


if __name__ == "__main__":
    exit_with(main)
