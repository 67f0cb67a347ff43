"""Chroma: a collection is made and deleted, and documents are put in, found and deleted, as its clients do it.

All in a database of its own beside that of the owner's vectors: whoever counts or lists those never sees ours. What a run
that was cut off has left is deleted by the next one. The documents' collection itself is kept: Chroma 1.5.9 leaves the
index of a deleted collection, 28 KB, on the disk for ever; an empty collection has none yet, and goes without a trace.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import MOST_BYTES, Address, UnexpectedAnswer, one_line
from tarsd.host.http import HttpSession
from tarsd.host.probes.probe import DEEP_DEADLINE, timed

DATABASE = "tars-home-scratch"
"""The name of our own; nobody else would choose it."""

SYNC_THRESHOLD = 5
"""Writes after which Chroma forgets its log of them: with its own 1000 ours would grow by 12 KB each time."""

_TENANT = "/api/v2/tenants/default_tenant/databases"
OWNERS = f"{_TENANT}/default_database"
"""Where the web UI keeps its vectors."""

_COLLECTIONS = f"{_TENANT}/{DATABASE}/collections"

_ABSENT = (404,)
_THERE = (409,)

Vector = Sequence[float]

KEPT = f"{DATABASE}-kept"
"""The collection of the one document that is to outlive a restart."""

_FLEETING = f"{DATABASE}-new-"
"""How the names begin of what is made only to be deleted."""

_WORDS = ("a lighthouse", "a kettle", "a bicycle")
_VECTORS: Sequence[Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class ChromaScratch:
    """Its heartbeat proves that it listens. `lock` is one for all that use that database."""

    session: HttpSession
    address: Address
    lock: asyncio.Lock = field(repr=False)
    deadline: float = DEEP_DEADLINE

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._try(), self.deadline)

    async def _try(self) -> None:
        nonce = secrets.token_hex(8)
        words = [f"{it} {nonce}" for it in _WORDS]
        found = await self.nearest(words, _VECTORS, (0.1, 0.9, 0.0))
        if found != words[1]:
            raise UnexpectedAnswer("it finds another document than the nearest")

    async def nearest(
        self, documents: Sequence[str], vectors: Sequence[Vector], asked: Vector
    ) -> str:
        """Put documents in, each with its vector, find the one nearest to another vector, and delete them all.

        Raises ProbeFailed where Chroma says no, UnexpectedAnswer, EOFError, OSError; the deadline is the caller's.
        """
        async with self.lock:
            await self._begin()
            await self._make_and_delete()
            # All vectors of a collection have one length.
            path = await self._collection(f"{DATABASE}-{len(asked)}")
            # The same names each time, so that what a run was cut off with is overwritten.
            names = [f"scratch-{number}" for number in range(len(documents))]
            rows = {"ids": names, "embeddings": [list(it) for it in vectors]}
            await self.call("POST", f"{path}/upsert", {**rows, "documents": list(documents)})
            query = {"query_embeddings": [list(asked)], "n_results": 1, "include": ["documents"]}
            found = await self.call("POST", f"{path}/query", query)
            await self.call("POST", f"{path}/delete", {"ids": names})
        return _first(found)

    async def keep(self, word: str) -> None:
        """Leave a document that stays, in a collection of its own; over an earlier one. Raises as `nearest` does."""
        async with self.lock:
            await self._begin()
            path = await self._collection(KEPT)
            rows = {"ids": ["kept"], "embeddings": [[1.0]], "documents": [word]}
            await self.call("POST", f"{path}/upsert", rows)

    async def kept(self) -> str:
        """What `keep` has left. Raises as `nearest` does; UnexpectedAnswer where nothing is there."""
        async with self.lock:
            await self._begin()
            query = {"query_embeddings": [[1.0]], "n_results": 1, "include": ["documents"]}
            path = await self._collection(KEPT)
            return _first(await self.call("POST", f"{path}/query", query))

    async def drop(self) -> None:
        """Delete what `keep` has left, if it is there. Raises as `nearest` does."""
        async with self.lock:
            await self._begin()
            path = await self._collection(KEPT)
            await self.call("POST", f"{path}/delete", {"ids": ["kept"]})

    async def _collection(self, name: str) -> str:
        """The path of one of ours, made if it is not there."""
        wanted = {
            "name": name,
            "get_or_create": True,
            "configuration": {"hnsw": {"sync_threshold": SYNC_THRESHOLD}},
        }
        return f"{_COLLECTIONS}/{_id(await self.call('POST', _COLLECTIONS, wanted))}"

    async def _begin(self) -> None:
        """Have the database, and nothing in it that an earlier run was cut off with."""
        # Without asking first: of a database that is not there Chroma lists no collections, and says nothing more.
        await self.call("POST", _TENANT, {"name": DATABASE}, passing=_THERE)
        found = await self.call("GET", _COLLECTIONS)
        for row in cast("Sequence[Mapping[str, Any]]", found if isinstance(found, list) else []):
            name = str(row.get("name"))
            if name.startswith(_FLEETING):
                await self.call("DELETE", f"{_COLLECTIONS}/{name}", passing=_ABSENT)

    async def _make_and_delete(self) -> None:
        name = _FLEETING + secrets.token_hex(4)
        _id(await self.call("POST", _COLLECTIONS, {"name": name, "get_or_create": False}))
        await self.call("DELETE", f"{_COLLECTIONS}/{name}")

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        passing: Sequence[int] = (),
    ) -> Any:
        """The answer's JSON; None for one without any, and for a status of `passing`."""
        url = f"http://{self.address}{path}"
        try:
            async with await self.session.request(method, url, body) as response:
                try:
                    raw = await _body(response)
                finally:
                    response.close()
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise EOFError from error
        except aiohttp.ClientOSError:  # `timed` knows these
            raise
        except (aiohttp.ClientError, ValueError) as error:
            raise UnexpectedAnswer("it does not speak HTTP") from error
        if response.status in passing:
            return None
        if not 200 <= response.status < 300:
            what = f"{method} {path.removeprefix(_TENANT) or '/databases'}"
            raise _refused(self.address, what, response.status, raw)
        return _json(raw)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    kept = bytearray()
    async for piece in response.content.iter_any():
        kept += piece
        if len(kept) > MOST_BYTES:
            raise UnexpectedAnswer(f"it answers with more than {MOST_BYTES // 1024} KiB")
    return bytes(kept)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw.strip() else None
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("its answer is not valid JSON") from error


def _id(made: Any) -> str:
    found = made.get("id") if isinstance(made, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(found, str) or not found.replace("-", "").isalnum():
        raise UnexpectedAnswer("it makes a collection and does not say which")
    return found


def _first(found: Any) -> str:
    try:
        return str(found["documents"][0][0])
    except (KeyError, IndexError, TypeError) as error:
        raise UnexpectedAnswer("it finds nothing of what was put in") from error


def _refused(address: Address, what: str, status: int, raw: bytes) -> ProbeFailed:
    try:
        told = json.loads(raw)
        words = str(told.get("message") or told.get("error") or "")
    except (ValueError, RecursionError, AttributeError):
        words = ""
    said = f"{what} answers HTTP {status}" + (f": {words}" if words else "")
    return ProbeFailed(str(address), one_line(said), "sick", str(status))
