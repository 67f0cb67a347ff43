"""/openapi.json (3.1) from the route table."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tarsd.api.route import NoBody, NoQuery, Route
from tarsd.version import VERSION

_REFERENCE = "#/components/schemas/{model}"


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole description; made on request, kept by nobody."""
    table = list(routes)
    models: set[type[BaseModel]] = set()
    for route in table:
        models |= {
            it
            for it in (route.query, route.body, route.result)
            if it and it not in (NoBody, NoQuery)
        }
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFERENCE
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "tarsd", "version": VERSION},
        "paths": paths,
        "components": {"schemas": definitions.get("$defs", {})},
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": f"access: {route.access.name}",
        "parameters": _path_parameters(route) + _query_parameters(route),
        "responses": {"200": {"description": "done", "content": _content(_envelope(route))}},
    }
    if route.changes_something:
        change = {"properties": {"type": {"const": "async"}, "change": {"type": "string"}}}
        operation["responses"]["202"] = {"description": "a change", "content": _content(change)}
    error = {"properties": {"type": {"const": "error"}, "error": {"type": "object"}}}
    operation["responses"]["default"] = {"description": "an error", "content": _content(error)}
    if route.streams:
        schema = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"content": {"application/x-tar": {"schema": schema}}}
    elif route.body is not NoBody:
        reference = {"$ref": _REFERENCE.format(model=route.body.__name__)}
        operation["requestBody"] = {"content": _content(reference)}
    return operation


def _envelope(route: Route) -> dict[str, Any]:
    name = route.result.__name__ if route.result else None
    result = {"$ref": _REFERENCE.format(model=name)} if name else {"type": "object"}
    return {"properties": {"type": {"const": "sync"}, "result": result}}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    properties = route.query.model_json_schema().get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]
