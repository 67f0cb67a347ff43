"""Chroma's HTTP API on its published loopback port, as far as it tells how much it holds."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from tarsd.errors import DatabaseUnavailable
from tarsd.host.http import HttpSession, why

DEADLINE = 5.0
"""Seconds for an answer."""

MOST_COUNTED = 20
"""Collections whose records are counted, each by a request of its own; of more only their number is known."""

LARGEST_ANSWER = 16 << 20
"""Bytes of a list of collections."""

LONGEST_NAME = 200
"""Characters of a collection's name that are told."""

DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"


@dataclass(frozen=True)
class Collection:
    """`records` is None where there are too many collections to count each; `dimension` before its first record."""

    name: str
    records: int | None
    dimension: int | None


@dataclass(frozen=True)
class Holds:
    """`records` is None where there are too many collections to count them."""

    collections: int
    records: int | None


class Chroma:
    """Raises DatabaseUnavailable where nobody answers in time or sense."""

    def __init__(self, http: HttpSession, port: Callable[[], int]) -> None:
        self._http = http
        self._port = port

    async def holds(self) -> Holds:
        """How much is in its default database, where everything of this stack is."""
        await self._get("/api/v2/heartbeat")
        number = self._whole(await self._get(f"{DATABASE}/collections_count"))
        if number > MOST_COUNTED:
            return Holds(number, None)
        ids = [str(row.get("id")) for row in await self._rows()]
        counted = [self._whole(await self._get(f"{DATABASE}/collections/{it}/count")) for it in ids]
        return Holds(number, sum(counted))

    async def collections(self) -> Sequence[Collection]:
        """Each by name, with what it holds; the records of MOST_COUNTED of them are counted, of more of them none."""
        rows = await self._rows()
        found: list[Collection] = []
        for row in sorted(rows, key=lambda it: str(it.get("name"))):
            path, dimension = f"{DATABASE}/collections/{row.get('id')}/count", row.get("dimension")
            records = self._whole(await self._get(path)) if len(rows) <= MOST_COUNTED else None
            known = dimension if isinstance(dimension, int) else None
            found.append(Collection(str(row.get("name"))[:LONGEST_NAME], records, known))
        return found

    async def _rows(self) -> Sequence[Mapping[str, Any]]:
        rows = await self._get(f"{DATABASE}/collections")
        if not isinstance(rows, list) or not all(
            isinstance(it, dict) for it in cast("list[Any]", rows)
        ):
            raise self._senseless()
        return cast("Sequence[Mapping[str, Any]]", rows)

    def _whole(self, number: Any) -> int:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise self._senseless()
        return number

    async def _get(self, path: str) -> Any:
        try:
            return json.loads(await asyncio.wait_for(self._body(path), DEADLINE))
        except asyncio.TimeoutError as error:
            raise self._unavailable(f"no answer to {path} in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unavailable(why(error)) from error
        except ValueError as error:
            raise self._senseless() from error

    async def _body(self, path: str) -> bytes:
        kept = bytearray()
        async with await self._http.request("GET", f"http://{self._address}{path}") as response:
            if response.status != 200:
                raise self._unavailable(f"it answers {response.status} to {path}")
            async for piece in response.content.iter_any():
                kept += piece
                if len(kept) > LARGEST_ANSWER:
                    raise ValueError("an answer that does not end")
        return bytes(kept)

    @property
    def _address(self) -> str:
        return f"127.0.0.1:{self._port()}"

    def _senseless(self) -> DatabaseUnavailable:
        return self._unavailable("its answer is not of its API's shape")

    def _unavailable(self, reason: str) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"cannot ask Chroma at {self._address}: {reason}", fix="tarsctl logs chromadb"
        )
