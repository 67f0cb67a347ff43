"""Whether a server's port opens, asked without ever holding up the loop."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor


class Reach:
    """One thread for names: a resolver that hangs costs that one, and the next question says so."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="resolve")

    async def trouble(self, host: str, port: int, deadline: float) -> str | None:
        """Why `port` of `host` does not open within `deadline` seconds; None if it does."""
        try:
            return await asyncio.wait_for(self._trouble(host, port), deadline)
        except asyncio.TimeoutError:
            return f"{host} does not answer on port {port} within {deadline} s"

    async def _trouble(self, host: str, port: int) -> str | None:
        loop = asyncio.get_running_loop()
        try:
            addresses = await loop.run_in_executor(self._thread, _resolve, host, port)
        except OSError as error:
            return f"{host}: {error.strerror or error}"
        told: str | None = None
        for address in addresses:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except OSError as error:
                told = f"{host} does not take connections to port {port}: {error.strerror or error}"
                continue
            writer.close()
            return None
        return told


def _resolve(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
