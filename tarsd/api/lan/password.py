"""The password that the owner signs in with: checked by scrypt, off the loop, one at a time."""

import asyncio
import hashlib
import hmac
import secrets

from tarsd.host import memory
from tarsd.host.blocking import Unwaited, uncut

N, R, P = 2**14, 8, 1
"""RFC 7914's for a sign-in: 16 MB for some 50 ms."""

LONGEST = 256
"""Characters of a password."""


class Password:
    """Keeps a hash of it only; its file is where it stands."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._hash: bytes | None = None
        self._of: str | None = None
        self._turn = asyncio.Lock()
        self._thread = Unwaited("password")

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return self._hash is not None

    async def use(self, text: str | None) -> None:
        """From now on it is this one."""
        # A plain hash tells only whether it changed; what is checked against is scrypt's.
        mark = None if not text else hashlib.sha256(self._salt + text.encode()).hexdigest()
        if mark != self._of:
            self._hash = None if not text else await self._scrypt(text)
            self._of = mark

    async def matches(self, given: str) -> bool:
        """Whether that is it; takes as long either way."""
        found = await self._scrypt(given[:LONGEST])
        return self._hash is not None and hmac.compare_digest(found, self._hash)

    async def _scrypt(self, text: str) -> bytes:
        raw = text.encode(errors="surrogatepass")
        async with self._turn:  # which is kept until the work is over, though its client has gone
            return await uncut(self._run(raw))

    async def _run(self, raw: bytes) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, raw)

    def _work(self, raw: bytes) -> bytes:
        try:
            return hashlib.scrypt(raw, salt=self._salt, n=N, r=R, p=P, maxmem=64 * 1024 * 1024)
        finally:
            memory.give_heap_back()  # the C library would keep the 16 MB: one sign-in, for good
