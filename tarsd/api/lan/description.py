"""The LAN's API as OpenAPI 3.1, from its table of routes. The daemon itself has no use for it: it is made for a file."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tarsd.api.lan.intake import FORM
from tarsd.api.lan.route import JSON, LanRoute
from tarsd.api.route import NoBody, NoQuery

_REFERENCE = "#/components/schemas/{model}"

API_VERSION = "1"
"""Of this API, which grows and does not change. The product's own version is told to who is signed in."""

WORDS = {
    400: "what was sent does not fit",
    401: "nobody, or not any more, is signed in",
    403: "the role does not reach, or another site's page asks",
    404: "there is no such thing",
    413: "the body is too large",
    415: "the body is of another kind",
    421: "the machine is not known by that name",
    429: "earlier attempts failed; Retry-After says how long to wait",
    503: "not now",
}


class ErrorBody(BaseModel):
    """What went wrong: `kind` is for programs, `message` and `fix` are for people."""

    kind: str
    message: str
    fix: str | None
    details: dict[str, Any]


class Error(BaseModel):
    """The envelope of every error."""

    type: str
    error: ErrorBody


def description(
    routes: Iterable[LanRoute], shapes: Mapping[str, type[BaseModel]] | None = None
) -> dict[str, Any]:
    """The document. `shapes` are the models, by path, of routes whose handlers send JSON that is made already."""
    table, known = list(routes), dict(shapes or {})
    models: set[type[BaseModel]] = {Error, *known.values()}
    for route in table:
        models |= {it for it in (route.query, route.body) if it not in (NoBody, NoQuery)}
        if not isinstance(route.result, str):
            models.add(route.result)
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCE
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, known.get(route.path)
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "tars-home", "version": API_VERSION},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: LanRoute, shape: type[BaseModel] | None) -> dict[str, Any]:
    roles = route.access.roles
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _id(route),
        "description": "anybody" if roles is None else f"roles: {', '.join(sorted(roles))}",
        "security": [] if roles is None else [{"token": []}],
        "parameters": _path_parameters(route) + _query_parameters(route),
        "responses": _responses(route, shape),
    }
    if route.body is not NoBody:
        reference = {"schema": {"$ref": _REFERENCE.format(model=route.body.__name__)}}
        content = {JSON: reference, **({FORM: reference} if route.forms else {})}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(route: LanRoute, shape: type[BaseModel] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"200": {"description": "done", "content": _answer(route, shape)}}
    if route.forms:
        found["303"] = {"description": "done, for a page's form"}
    statuses = {400, 403, 421, *route.refusals}
    statuses |= {401} if route.access.roles is not None else set()
    statuses |= {413, 415} if route.body is not NoBody else set()
    error = {JSON: {"schema": {"$ref": _REFERENCE.format(model=Error.__name__)}}}
    for status in sorted(statuses):
        found[str(status)] = {"description": WORDS[status], "content": error}
    return found


def _answer(route: LanRoute, shape: type[BaseModel] | None) -> dict[str, Any]:
    if not isinstance(route.result, str):
        shape = route.result
    if shape is not None:
        return {JSON: {"schema": {"$ref": _REFERENCE.format(model=shape.__name__)}}}
    kind = str(route.result)
    return {kind: {"schema": {"type": "object"} if kind == JSON else {"type": "string"}}}


def _id(route: LanRoute) -> str:
    return "_".join([route.method.lower(), *re.findall(r"\w+", route.path)])


def _path_parameters(route: LanRoute) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: LanRoute) -> list[dict[str, Any]]:
    schema = route.query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "schema": each,
        }
        for name, each in schema.get("properties", {}).items()
    ]
