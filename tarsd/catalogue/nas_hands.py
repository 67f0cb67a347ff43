"""What remedies act on the NAS with; tarsd.host.nas.hands has those of this machine."""

from typing import Protocol


class NasHands(Protocol):
    """Acts on the mount that `tarsctl nas setup` made. Each comes to its end within a deadline, and raises TarsError."""

    async def mount(self) -> None:
        """Start the mount unit; afterwards the kernel shows the share."""
        ...

    async def remount(self) -> None:
        """Unmount lazily and mount again; nothing is unmounted while the NAS does not answer."""
        ...
