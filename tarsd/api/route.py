"""One row of the route table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from tarsd.api.access import Access
from tarsd.changes.model import Change


class Body(BaseModel):
    """A request's JSON body: no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Query(BaseModel):
    """A request's query: no unknown keys; values are text and become what the model says."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoBody(Body):
    """No body."""


class NoQuery(Query):
    """No query."""


@dataclass(frozen=True)
class Call:
    """A validated request as its handler sees it."""

    request: web.Request
    query: Any
    body: Any

    @property
    def path(self) -> Any:
        """The path's variables."""
        return self.request.match_info


Answer = BaseModel | dict[str, Any] | Change | web.StreamResponse
"""A model or document becomes the sync envelope, a Change the async one; a response is sent as it is."""


@dataclass(frozen=True)
class Route:
    """What can be asked, by whom, with what, and who answers."""

    method: Literal["GET", "POST"]
    path: str
    access: Access
    handler: Callable[[Call], Awaitable[Answer]]
    summary: str
    query: type[Query] = NoQuery
    body: type[Body] = NoBody
    result: type[BaseModel] | None = None
    streams: bool = field(default=False)
    """The body is not JSON but a stream that the handler reads itself."""
    looks: bool = False
    """A POST only for the size of its body: it changes nothing, and is answered where nothing can be recorded, too."""

    @property
    def changes_something(self) -> bool:
        """Whether a call goes into the audit log."""
        return self.method != "GET" and not self.looks
