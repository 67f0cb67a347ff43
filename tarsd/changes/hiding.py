"""What a change says of itself, without secrets: much of it are the words of others.

A health check's last line, Compose's error, an answer on a port, a registry's refusal: any of them may repeat a password.
All of it is recorded and shown through here, so that none of those who pass on such words has to think of it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tarsd.host.blocking import Asker

T = TypeVar("T")

Hide = Callable[[str], str]

TO_SHOW, TO_RECORD = 1.0, 10.0
"""Seconds to read the secrets: an answer is due within 2, an end is recorded whenever the disk allows."""

OURS = frozenset({"kind", "id", "status", "verdict"})
"""Keys of words that programs match on and that are only ever ours: a NAS's password may be one of them."""


class Hiding:
    """`read` gives what hides all secrets there are now; it blocks, and raises OSError where one cannot be read."""

    def __init__(self, read: Callable[[], Hide]) -> None:
        self._read = read
        self._asker = Asker("secrets")

    async def of(self, told: T, seconds: float = TO_RECORD) -> T:
        """The same without any secret. Where they cannot be read, every text is withheld: it could hold one."""
        if not told:
            return told
        try:
            hide = await self._asker.ask(self._read, seconds)
        except asyncio.TimeoutError:
            hide = _withhold(f"no answer within {seconds:.0f} s")
        except OSError as error:
            hide = _withhold(error.strerror or repr(error))
        return cast("T", _hidden(told, hide))


def _withhold(why: str) -> Hide:
    return lambda _: f"[withheld: the secrets that may be in it cannot be read: {why}]"


def _hidden(told: object, hide: Hide) -> object:
    if isinstance(told, str):
        return hide(told)
    if isinstance(told, dict):
        rows = cast("dict[str, Any]", told)
        return {key: it if key in OURS else _hidden(it, hide) for key, it in rows.items()}
    if isinstance(told, list | tuple):
        return [_hidden(it, hide) for it in cast("list[Any]", told)]
    return told
