"""What a person can open in a browser, under a name that works."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

from tarsd.errors import JobFailed
from tarsd.host.generations import Generation
from tarsd.host.network import Network, Place
from tarsd.host.own_addresses import own_address
from tarsd.host.own_jobs import OwnJobs
from tarsd.settings import Settings

NAMING = 4.0
"""Seconds to find out whether the machine's name works; an install is not held up longer for a nicer address."""

BOUND = {"local": "127.0.0.1", "lan": "0.0.0.0"}  # noqa: S104
"""Where `ops.mode` has the status page."""


class Addresses:
    """The machine's name in .local where it resolves here and the page answers there; else its address."""

    def __init__(
        self,
        jobs: OwnJobs,
        host: Callable[[], str] = socket.gethostname,
        address: Callable[[], str | None] = own_address,
    ) -> None:
        self._jobs = jobs
        self._host = host
        self._address = address

    async def open(self, generation: Generation, settings: Settings) -> list[str]:
        """The web UI's address and the status page's, as far as there are such."""
        found: list[str] = []
        if "webui" in generation.services:
            port = settings.ports.webui
            found.append(f"http://{await self._name(settings.ports.webui_address, port)}:{port}")
        if settings.ops.mode != "off":
            bound, port = BOUND[settings.ops.mode], settings.ops.port
            found.append(f"https://{await self._name(bound, port)}:{port}")
        return found

    async def _name(self, bound: str, port: int) -> str:
        address = ip_address(bound)
        if address.is_loopback:
            return "localhost"
        if not address.is_unspecified:
            return f"[{bound}]" if address.version == 6 else bound
        place = Place(f"{self._host().partition('.')[0]}.local", port)
        try:
            found = (await Network(self._jobs, NAMING).reach([place]))[place]
        except JobFailed:  # its deadline, most likely: the name is of no use then
            return self._address() or "localhost"
        works = found.unresolved is None and found.unreached is None
        return place.host if works else self._address() or "localhost"
