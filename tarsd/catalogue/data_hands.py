"""The acts on data that remedies are made of."""

from typing import Protocol


class DataHands(Protocol):
    """Each comes to its end within a deadline, and raises TarsError where it fails. None removes anything of the owner's."""

    async def pull_model(self, name: str) -> None:
        """Have a model pulled by a change of its own, as `tarsctl models pull` does, and wait for its end."""
        ...

    async def keep_files(self, service: str) -> None:
        """Copy the data of a service that has ended into the backups."""
        ...

    async def repair_aof(self, service: str) -> None:
        """Let redis-check-aof cut off what Redis cannot read, once a copy is kept, and start it."""
        ...

    async def start_with_room(self, service: str) -> None:
        """Start its container where the disk of its data has room again; raises NoSpace where it has none."""
        ...
