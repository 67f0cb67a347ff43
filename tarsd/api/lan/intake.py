"""What a request brings, validated: path, query and body, none of them larger than any route needs."""

import asyncio
import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ValidationError

from tarsd.api.lan.refusals import TooLarge, WrongMedia
from tarsd.api.lan.route import JSON, LanRoute
from tarsd.api.route import NoBody
from tarsd.errors import BadRequest
from tarsd.setting_errors import reason

M = TypeVar("M", bound=BaseModel)

BODY_LIMIT = 16 * 1024
"""Bytes; a password and a comment are less."""

BODY_DEADLINE = 5.0
"""Seconds for a body to come in whole."""

FORM = "application/x-www-form-urlencoded"


def query_of(route: LanRoute, request: web.BaseRequest) -> Any:
    """The query as the route's model. Raises BadRequest."""
    given: dict[str, str] = {}
    for key, value in request.rel_url.query.items():
        if key in given:
            raise BadRequest("cannot use the query: a key stands twice")
        given[key] = value
    return _validated(route.query, given, "query")


async def body_of(route: LanRoute, request: web.BaseRequest) -> Any:
    """The body as the route's model; None where the route takes none. Raises BadRequest, TooLarge, WrongMedia."""
    if route.body is NoBody:
        return None
    form = is_form(route, request)
    if not form and request.content_type != JSON:
        raise WrongMedia(f"cannot read the body: it is not {JSON}")
    raw = await _read(request)
    try:
        text = raw.decode("utf-8")
        given: object = _fields(text) if form else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"cannot read the body as {'a form' if form else 'JSON'}") from error
    return _validated(route.body, given, "body")


def is_form(route: LanRoute, request: web.BaseRequest) -> bool:
    """Whether a page's form sent it."""
    return route.forms and request.content_type == FORM


async def _read(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > BODY_LIMIT:
        raise TooLarge(f"cannot read the body: it is larger than {BODY_LIMIT} bytes")
    try:
        return await asyncio.wait_for(_whole(request), BODY_DEADLINE)
    except asyncio.TimeoutError as error:
        raise BadRequest(f"cannot read the body: it did not come in {BODY_DEADLINE} s") from error
    except web.RequestPayloadError as error:
        raise BadRequest("cannot read the body: it breaks off") from error


async def _whole(request: web.BaseRequest) -> bytes:
    found = bytearray()
    while piece := await request.content.readany():
        found += piece
        if len(found) > BODY_LIMIT:
            raise TooLarge(f"cannot read the body: it is larger than {BODY_LIMIT} bytes")
    return bytes(found)


def _fields(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict"))


def _validated(model: type[M], raw: object, where: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or where
        raise BadRequest(f"cannot use the {where}: {key[:60]!r}: {reason(first)}") from error
