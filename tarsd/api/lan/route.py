"""One row of the LAN's table of routes, and what its handler is given and gives."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from tarsd.api.lan.access import LanAccess, Who
from tarsd.api.route import Body, NoBody, NoQuery, Query

JSON = "application/json"
HTML = "text/html"
EVENTS = "text/event-stream"


@dataclass(frozen=True)
class LanCall:
    """A request that passed the door, as its handler sees it.

    `who` is None where nobody signed in, which only an open route sees. `form`: a page sent it, and waits for a page.
    `address` is where it comes from, `host` the name that the machine was called by.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    who: Who | None
    address: str
    host: str
    form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Reply:
    """An answer that is more than a model's JSON; the server adds its own headers."""

    body: BaseModel | bytes | str = b""
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Stream:
    """An answer without an end. `chunks` is closed when the client is gone, reads too slowly, or tarsd ends."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str = EVENTS


LanAnswer = BaseModel | Reply | Stream
"""A model is sent as it is, without an envelope: tools read its keys. Errors have the envelope of /v1."""


@dataclass(frozen=True)
class LanRoute:
    """What can be asked from the LAN, by whom, and who answers. A GET answers HEAD, too.

    `result` is the answer's model, or the content type of what is no JSON. `refusals` are the statuses, beside those that
    every route has, with which it may refuse.
    """

    method: Literal["GET", "POST"]
    path: str
    access: LanAccess
    handler: Callable[[LanCall], Awaitable[LanAnswer]]
    summary: str
    result: type[BaseModel] | str
    query: type[Query] = NoQuery
    body: type[Body] = NoBody
    refusals: tuple[int, ...] = ()
    forms: bool = False
    """A page's form may be its body, too, and is answered by a redirection."""
