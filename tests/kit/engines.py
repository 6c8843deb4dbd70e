"""Engines for the checks: a Redis or a PostgreSQL of one's own, which dies and comes back as told.

Each is a process on a free port, with its data in a folder of its own, and asks for a password. Use
it in a `with` statement: leaving it ends the process, and those it has started, and removes the
folder. It never touches an engine that runs on this machine already.

PostgreSQL does not run as root. Where the checks do, it runs as the user `postgres`, whom its
package has made.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from tests.kit.harness import SECONDS, free_port, state_of, wait_until

if TYPE_CHECKING:
    import redis

PASSWORD = "n0-text/has:this@"
PASSWORD_IN_A_URL = "n0-text%2Fhas%3Athis%40"

DEBIANS_POSTGRES = Path("/usr/lib/postgresql")


def find_programs() -> None:
    """From here on, find what Debian keeps out of everybody's PATH: PostgreSQL's programs."""
    versions = sorted(DEBIANS_POSTGRES.glob("*/bin"), key=lambda path: int(path.parent.name))
    more = [str(path) for path in versions[-1:]]
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *more])


class EngineProcess(ABC):
    """One engine. The thread of the check owns it; all of its data is gone in the end."""

    programs: ClassVar[tuple[str, ...]]
    """What must be installed; and as a library, which is not loaded before it is needed:"""
    library: ClassVar[str]

    def __init__(self, *options: str) -> None:
        """`options`: more words for its command line."""
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))  # short: for a socket
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []
        self._user: str | None = None  # as whom it runs, if not as we do

    @property
    @abstractmethod
    def url(self) -> str:
        """What --hub is told, with the password."""

    @abstractmethod
    def _prepare(self) -> None:
        """Put data that are as good as new where they belong."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """What starts it, in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it does, and has read what it had stored."""

    def __enter__(self) -> Self:
        """Give it when it answers."""
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and remove its data."""
        self.end()

    @property
    def pids(self) -> list[int]:
        """The process, and those that it has started."""
        assert self._process is not None
        return [self._process.pid, *_children(self._process.pid)]

    def start(self) -> None:
        """Start it, on the same port and the same data; wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
        process = self._process
        wait_until(lambda: process.poll() is not None or self._answers(), "the engine answers")
        if process.poll() is not None:
            raise AssertionError((self.folder / "log").read_text("utf-8", "replace")[-2000:])

    def kill(self) -> None:
        """End it as the kernel does that is out of memory: with what it has started, at once."""
        assert self._process is not None
        pids = self.pids
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(SECONDS)
        wait_until(lambda: not any(map(_is_alive, pids)), "all of the engine is gone")

    def restart(self) -> None:
        """Kill it and start it."""
        self.kill()
        self.start()

    def empty(self) -> None:
        """Kill it, and start it without what it had: as one whose disk was lost."""
        self.kill()
        self._prepare()
        self.start()

    def freeze(self) -> None:
        """Stop it as a machine that hangs: connections stay, and nothing is answered."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)  # before the others: it starts no more of them
        wait_until(lambda: state_of(self.pids[0]) == "T", "the engine is stopped")
        self._frozen = self.pids
        for pid in self._frozen[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on. Again does no harm."""
        for pid in self._frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._frozen = []

    def be_there(self) -> None:
        """Run and answer, whatever a check that failed has left."""
        self.thaw()
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def end(self) -> None:
        """End it, and remove its data."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisProcess(EngineProcess):
    """A Redis, or a Valkey where there is none."""

    programs = ("redis-server",) if shutil.which("redis-server") else ("valkey-server",)
    library = "redis"

    @property
    def url(self) -> str:
        """See EngineProcess."""
        return f"redis://:{PASSWORD_IN_A_URL}@127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """The same engine, by a path."""
        return f"unix://:{PASSWORD_IN_A_URL}@{self.folder}/redis.sock"

    def client(self) -> "redis.Redis":
        """A client of the library's own, to look from outside. Close it."""
        import redis

        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=SECONDS)

    def fill(self) -> None:
        """From here on, it has no space for what is new."""
        self.configure(maxmemory="1")

    def drain(self) -> None:
        """Take that back."""
        self.configure(maxmemory="0")

    def configure(self, **settings: str) -> None:
        """CONFIG SET."""
        with self.client() as client:
            for name, value in settings.items():
                client.config_set(name.replace("_", "-"), value)

    def _prepare(self) -> None:
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        (self.folder / "data").mkdir()

    def _command(self) -> Sequence[str]:
        return [
            *(self.programs[0], "--bind", "127.0.0.1", "--port", str(self.port)),
            *("--unixsocket", f"{self.folder}/redis.sock", "--requirepass", PASSWORD),
            *("--dir", f"{self.folder}/data", "--appendonly", "yes", "--save", ""),
            *("--appendfsync", "always"),
            *self.options,
        ]

    def _answers(self) -> bool:
        import redis

        with suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False


class PostgresProcess(EngineProcess):
    """A PostgreSQL with one database, `postgres`, and one user of that name, who owns it."""

    programs: ClassVar[tuple[str, ...]] = ("initdb", "postgres")
    library = "psycopg"

    def __init__(self, *options: str) -> None:
        super().__init__(*options)
        self._user = "postgres" if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """See EngineProcess."""
        return self.url_of("postgres", "postgres")

    def url_of(self, user: str, database: str) -> str:
        """The same engine, for another user (with the same password), or another database."""
        return f"postgresql://{user}:{PASSWORD_IN_A_URL}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """The same engine, by a path; and with options that are not ours."""
        odd = f"host={self.folder}&port={self.port}&application_name=mine&connect_timeout=100"
        return f"postgres://postgres:{PASSWORD_IN_A_URL}@/{database}?{odd}"

    def execute(self, *statements: str) -> None:
        """Have them done, each by itself, by the owner."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _prepare(self) -> None:
        made = self.folder / "made"
        if not made.exists():
            self._make(made)
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(made, data)
        self._give_away(data, *data.rglob("*"))
        data.chmod(0o700)

    def _make(self, made: Path) -> None:
        """A new set of data takes a second, so it is made once, and copied."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        self._give_away(self.folder, secret)
        subprocess.run(
            [
                *("initdb", "--pgdata", str(made), "--encoding", "UTF8", "--no-locale"),
                *("--username", "postgres", "--auth", "scram-sha-256", "--pwfile", str(secret)),
                "--no-sync",
            ],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
        )

    def _command(self) -> Sequence[str]:
        return [
            *("postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-h", "127.0.0.1"),
            *("-k", str(self.folder), "-c", "shared_buffers=16MB", *self.options),
        ]

    def _answers(self) -> bool:
        import psycopg

        with suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=2):
            return True
        return False

    def _give_away(self, *paths: Path) -> None:
        if self._user:
            for path in paths:
                shutil.chown(path, self._user, self._user)


class SmallDiskPostgres(PostgresProcess):
    """The same on a disk of its own, which can be filled. Linux, and root alone: it is mounted.

    The disk is one in memory, and gone with the process.
    """

    programs = (*PostgresProcess.programs, "unshare", "setpriv")

    def fill(self) -> None:
        """Write on its disk until nothing more fits."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as ballast:
            while ballast.write(bytes(65536)):
                pass

    def drain(self) -> None:
        """Take that back."""
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return Path(f"/proc/{self.pids[0]}/root{self.folder}/data/ballast")

    def _prepare(self) -> None:
        super()._prepare()
        self._user = None  # root mounts, and becomes another afterwards

    def _command(self) -> Sequence[str]:
        become = "exec setpriv --reuid=postgres --regid=postgres --clear-groups"
        mount = "mount -t tmpfs -o size=128m,mode=700 tmpfs data && chown postgres:postgres data"
        there = f"cd {self.folder} && {mount} && cp -a made/. data"
        words = ["unshare", "--mount", "sh", "-c", f'{there} && cd / && {become} "$@"', "sh"]
        return [*words, *super()._command()]


def _children(pid: int) -> list[int]:
    """Those that a process has started, and theirs."""
    told = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    parents = [tuple(map(int, line.split())) for line in told.stdout.splitlines()]
    direct = [child for child, parent in parents if parent == pid]
    return [each for child in direct for each in (child, *_children(child))]


def _is_alive(pid: int) -> bool:
    return state_of(pid) not in ("", "Z")
