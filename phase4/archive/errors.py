"""What may be wrong with an archive. Each error's text is one sentence for whoever runs it."""

from pathlib import Path


class ArchiveError(Exception):
    """Nothing can be read from, or written to, the archive at `path`."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


class NotAnArchive(ArchiveError):
    """It is another program's database, or damaged, or not a database."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, f"{path} is not a sound archive ({why}).")
        self.why = why


class NewerArchive(ArchiveError):
    """A newer version of this program has made it, in a form that this one does not know."""

    def __init__(self, path: Path, version: int) -> None:
        text = f"{path} has version {version}, which a newer program has made."
        super().__init__(path, text)
        self.version = version


class NoArchive(ArchiveError):
    """There is none yet."""

    def __init__(self, path: Path) -> None:
        text = f"There is no archive in {path.parent}: a server makes one, or the command rebuild."
        super().__init__(path, text)


class ArchiveBusy(ArchiveError):
    """Another program held it for longer than we wait."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, f"{path} is busy; try again.")


class CannotUse(ArchiveError):
    """The system refuses: permissions, a full disk, or what is there is not a file."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, f"{path} cannot be used ({why}).")
        self.why = why


class AlreadyFollowed(ArchiveError):
    """Another historian writes this archive."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, f"Another process writes the archive in {path.parent}.")


class QueryError(ValueError):
    """What was typed cannot be looked for; the text is one sentence for whoever typed it.

    `part` is the part that is wrong, or "" where it is the whole.
    """

    def __init__(self, text: str, part: str = "") -> None:
        super().__init__(text)
        self.part = part
