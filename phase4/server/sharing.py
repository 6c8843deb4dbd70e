"""--hub URL: this server's way into a room that several servers share."""

import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from phase4.accounts.accounts import Accounts
from phase4.accounts.errors import AccountsError
from phase4.accounts.hub_store import open_hub_store
from phase4.archive.errors import AlreadyFollowed, CannotUse
from phase4.archive.guard import Guard
from phase4.hub.engine import Engine, EngineDown, EngineUnfit, open_engine
from phase4.hub.link import Link
from phase4.server.errors import HubUnusable
from phase4.server.hub_file import HubFile
from phase4.server.options import Settings
from phase4.server.outbox import FanOut
from phase4.server.shared_room import SharedRoom

_TRY_AGAIN_SECONDS = 0.5


class Sharing:
    """The engine, and what is made of it. The thread that starts and stops the server owns it."""

    def __init__(self, settings: Settings, port: int, report: Callable[[str], None]) -> None:
        """Connect to the engine, and see that it will do. Raises HubUnusable.

        `port` is the chat's: it is a part of this server's name, for people to tell them apart.
        """
        assert settings.hub is not None
        self._settings = settings
        self._report = report
        self._guard = _guard_of(settings.log_dir)
        # Made anew at each start: who comes back is not who was there before.
        self._name = f"{socket.gethostname()}:{port}-{secrets.token_hex(3)}"
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._guard.close)
            self.engine = self._open_engine(settings.hub)
            on_failure.pop_all()

    def _open_engine(self, url: str) -> Engine:
        try:
            engine = open_engine(url, room=self._settings.hub_room, server=self._name)
            self._check(engine)
        except EngineUnfit as error:
            raise HubUnusable(f"--hub: {error}") from error
        return engine

    def _check(self, engine: Engine) -> None:
        give_up_at = time.monotonic() + self._settings.hub_wait
        while True:
            try:
                engine.check()
                return
            except EngineDown as error:
                if time.monotonic() >= give_up_at:
                    engine.close()
                    more = "" if self._settings.hub_wait else " --hub-wait SECONDS waits for it."
                    raise HubUnusable(
                        f"--hub: the room cannot be reached ({error}).{more}"
                    ) from error
            time.sleep(_TRY_AGAIN_SECONDS)

    def new_room(self, *arguments: Any, **options: Any) -> SharedRoom:
        """As SharedRoom. Raises HubUnusable."""
        room = SharedRoom(*arguments, **options)
        link = Link(
            self.engine,
            self._name,
            room,
            room.fan_out,
            figures=lambda: room.own_figures().to_json(),
            report=self._report,
            is_broken=room.fan_out.is_broken,
            lease_seconds=self._settings.hub_lease,
        )
        file = HubFile(self._settings.log_dir, self._settings.hub_room, self._report)
        try:
            room.join_hub(link, file)
        except EngineDown as error:
            raise HubUnusable(f"--hub: the room cannot be reached ({error}).") from error
        self._link = link
        return room

    def open_accounts(
        self,
        lock: FanOut,
        report: Callable[[str], None],
        on_change: Callable[[Collection[str]], None],
    ) -> Accounts:
        """Whose the names are, for all servers of the room. Raises HubUnusable."""
        assert self._settings.hub is not None
        room, server = self._settings.hub_room, self._name
        try:
            store = open_hub_store(self._settings.hub, room=room, server=server)
        except (EngineUnfit, AccountsError) as error:
            raise HubUnusable(f"--hub: {error}") from error
        try:
            return Accounts(lock, store, report, on_change)
        except AccountsError as error:
            store.close()
            raise HubUnusable(f"--hub: {error}") from error

    @property
    def link(self) -> Link:
        """The room's, once there is one."""
        return self._link

    @property
    def place(self) -> str:
        """Where the room is, for people to read: without a password."""
        url = urlsplit(self._settings.hub or "")
        host = url.netloc.rpartition("@")[2]
        return f"{self._settings.hub_room} at {url.scheme}://{host}{url.path}"

    def start(self) -> None:
        """Read what there is, then take part."""
        self._link.start()

    def close(self) -> None:
        """Give the connections back, and the logs. Again does no harm."""
        with contextlib.suppress(EngineDown):
            self.engine.close()
        self._guard.close()


def _guard_of(log_dir: Path) -> Guard:
    """What keeps other servers of a room from these logs. Raises HubUnusable."""
    try:
        return Guard(log_dir, "hub.lock")
    except AlreadyFollowed as error:
        raise HubUnusable(
            f"--hub: another server that runs keeps its logs in {log_dir}: give this one its own, "
            "with --log-dir."
        ) from error
    except CannotUse as error:
        raise HubUnusable(f"--hub: {error}") from error
