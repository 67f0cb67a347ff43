"""What a run of the doctor did: one file on disk, written before each act, and the contents that were there before."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tarsd.host.edits.place import Seen
from tarsd.host.files import write_atomic

MANIFEST = "record.json"
VERSION = 1


@dataclass(frozen=True)
class Edit:
    """One act on a path: what was there, what is there after it. `kept` names the file with the content from before."""

    number: int
    path: str
    root: str
    before: Seen
    after: Seen
    kept: str | None = None
    undone: bool = False


@dataclass(frozen=True)
class Enabled:
    """One unit that was enabled; `was` is systemd's word for it before."""

    number: int
    unit: str
    was: str
    undone: bool = False


Entry = Edit | Enabled


class Record:
    """The record in a run's directory. All of it blocks and raises OSError; a record that makes no sense, ValueError."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def entries(self) -> list[Entry]:
        """In the order in which they were done."""
        try:
            text = (self.directory / MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        try:
            return list(_entries(json.loads(text)))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it makes no sense: {error!r}") from error

    def add_edit(
        self, path: str, root: str, before: Seen, after: Seen, content: bytes | None
    ) -> Edit:
        """Note an edit that is about to be done; `content` is what would be lost by it."""
        entries = self.entries()
        number = len(entries) + 1
        kept = f"{number}.before" if content is not None else None
        if kept is not None and content is not None:
            write_atomic(self.directory / kept, content)
        edit = Edit(number, path, root, before, after, kept)
        self._save([*entries, edit])
        return edit

    def add_enabled(self, unit: str, was: str) -> None:
        """Note that a unit is about to be enabled."""
        entries = self.entries()
        self._save([*entries, Enabled(len(entries) + 1, unit, was)])

    def mark_undone(self, number: int) -> None:
        """It is taken back."""
        self._save(
            [replace(it, undone=True) if it.number == number else it for it in self.entries()]
        )

    def content(self, edit: Edit) -> bytes:
        """What was in the file before."""
        return (self.directory / edit.kept).read_bytes() if edit.kept else b""

    def keep(self, name: str, content: bytes) -> None:
        """Keep what an undo overwrites on its owner's word."""
        write_atomic(self.directory / name, content)

    def _save(self, entries: Sequence[Entry]) -> None:
        rows = [
            {"act": "edit" if isinstance(it, Edit) else "enable", **asdict(it)} for it in entries
        ]
        write_atomic(self.directory / MANIFEST, json.dumps({"version": VERSION, "acts": rows}))


def _entries(told: dict[str, Any]) -> Iterator[Entry]:
    if told["version"] != VERSION:
        raise ValueError(f"its version is {told['version']}, which this tarsd does not know")
    for row in told["acts"]:
        act = row.pop("act")
        if act == "enable":
            yield Enabled(**row)
        else:
            row["before"], row["after"] = Seen(**row["before"]), Seen(**row["after"])
            yield Edit(**row)
