"""One question to the stack's Redis over its published loopback port: does it take this password?"""

from collections.abc import Callable

from tarsd.errors import DatabaseUnavailable, ProbeFailed
from tarsd.host.conversation import LOOPBACK, Address
from tarsd.host.probes.redis import RedisProbe


class Redis:
    """The stack's Redis."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    async def accepts(self, password: str) -> bool:
        """Whether it does. Raises DatabaseUnavailable where it gives no answer in time or none of Redis."""

        async def value() -> str:
            return password

        address = Address(LOOPBACK, self._port())
        try:
            await RedisProbe(address, value).ask()
        except ProbeFailed as error:
            if error.why == "denied":
                return False
            raise DatabaseUnavailable(
                f"cannot ask Redis at {address}: {error.reason}",
                fix="tarsctl status; tarsctl start redis",
            ) from error
        return True
