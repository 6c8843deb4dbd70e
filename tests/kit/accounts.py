"""People with accounts, on a server of phase 4 that they reach from addresses of their own."""

import itertools
import subprocess
import sys
from pathlib import Path

from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import ROOT, SECONDS, free_port, wait_until

PASSWORD = "correct horse 99"

_addresses = itertools.count(1)


class AccountChat(Chat):
    """A server whose people come through a trusted proxy, each check from another address.

    So that one check's wrong passwords are not counted against the next one.
    """

    address = "198.51.100.1"

    def __init__(self, directory: Path, *arguments: str, port: int = 0) -> None:
        self.directory = directory
        proxy = ("--trusted-proxy", "127.0.0.1")
        super().__init__(directory, "--flood-rate", "0", *proxy, *arguments, port=port)
        self._people: list[Person] = []
        self.move()

    def all_leave(self) -> None:
        """Close the connections of everybody whom a check has left here."""
        for each in self._people:
            each.close()
        self._people.clear()
        wait_until(lambda: not self.people_now(), "those of the last check have left")

    def again(self, *arguments: str) -> "AccountChat":
        """Another server on the logs of this one, which has ended."""
        return AccountChat(self.directory, *arguments, port=free_port())

    def move(self) -> None:
        """From here on people come from another address."""
        number = next(_addresses)
        self.address = f"198.51.{number // 250}.{number % 250 + 1}"

    def arrive(self) -> Person:
        """Somebody who has been asked for a name."""
        person = Person(self.host, self.port)
        self._people.append(person)
        person.send_bytes(f"PROXY TCP4 {self.address} 192.0.2.1 40000 12345\r\n".encode())
        person.expect(PROMPT)
        return person

    def join(self, name: str) -> Person:
        """Somebody who has joined under this name."""
        person = self.arrive()
        person.send(name)
        return welcomed(person)

    def register(self, name: str, password: str = PASSWORD) -> Person:
        """Somebody who has joined under this name, and made it their own."""
        person = self.join(name)
        person.send(f"/register {password}")
        person.skip_to(rf"{TIME} \* {name} is yours\. From now on: /login {name} PASSWORD")
        person.hear(f"* You are logged in as {name}.")
        return person

    def know(self, name: str, password: str = PASSWORD) -> None:
        """Somebody has registered this name and has left: whoever comes now reads nothing of it."""
        _leave(self.register(name, password))

    def log_in(self, name: str, password: str = PASSWORD) -> Person:
        """The same person again, who logs in at the prompt."""
        person = self.arrive()
        person.send(f"/login {name} {password}")
        welcomed(person)
        person.hear(f"* You are logged in as {name}.")
        return person

    def visit(self, name: str, password: str = PASSWORD) -> None:
        """Somebody registered has logged in, and has left."""
        _leave(self.log_in(name, password))

    def refuses(self, name: str) -> bool:
        """Whether the name is registered, as a newcomer who asks for it reads."""
        with self.arrive() as newcomer:
            newcomer.send(name)
            answer = newcomer.read_line()
        return answer == f"! {name} is registered: /login {name} PASSWORD, or another name."


def _leave(person: Person) -> None:
    """Whoever comes from here on reads nothing of it."""
    with person:
        person.send("/quit")
        person.read_bytes_until_end()


def welcomed(person: Person, seconds: float = SECONDS) -> Person:
    """Somebody who is told that they are in; under which name, they know then."""
    person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*", seconds)[1]
    return person


def command(*arguments: str, password: str = "", status: int = 0) -> str:
    """What `python -m phase4.accounts` prints; a password goes in through a pipe."""
    ran = subprocess.run(
        (sys.executable, "-m", "phase4.accounts", *arguments),
        cwd=ROOT,
        input=f"{password}\n" if password else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == status, ran.stderr
    return ran.stdout + ran.stderr
