"""The runs of the doctor on disk: each a directory of its own with the record of what it did, numbered from 1."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tarsd.errors import NotFound
from tarsd.host.files import make_directory, sync_directory

KEPT = 50
"""Runs; of older ones, the oldest go first. What a year-old edit replaced fits nothing any more."""


@dataclass(frozen=True)
class Run:
    """One of them; `id` is the number that `tarsctl doctor undo` takes."""

    id: str
    directory: Path


class Runs:
    """All of it blocks and raises OSError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def new(self) -> Run:
        """Claim the next number."""
        make_directory(self._directory)
        number = max(self._numbers(), default=0)
        while True:
            number += 1
            directory = self._directory / str(number)
            try:
                directory.mkdir(mode=0o700)
            except FileExistsError:  # another has just claimed it
                continue
            sync_directory(self._directory)
            self._tidy()
            return Run(str(number), directory)

    def get(self, name: str) -> Run:
        """The run of that number. Raises NotFound."""
        directory = self._directory / name
        if not name.isdecimal() or not directory.is_dir():
            known = ", ".join(map(str, self._numbers()[-5:])) or "none"
            raise NotFound(
                f"cannot find run {name} of the doctor; there is {known}",
                fix="sudo ls /var/lib/tars-home/doctor",
            )
        return Run(name, directory)

    def drop_empty(self, run: Run) -> None:
        """Forget a run that did nothing that could be taken back."""
        if not any(run.directory.iterdir()):
            run.directory.rmdir()

    def _numbers(self) -> list[int]:
        if not self._directory.is_dir():
            return []
        return sorted(int(it.name) for it in self._directory.iterdir() if it.name.isdecimal())

    def _tidy(self) -> None:
        for number in self._numbers()[:-KEPT]:
            shutil.rmtree(self._directory / str(number))
