"""The LAN's API described: /openapi.json (3.1) and the page /docs, both made when the package is, by packaging/api_docs.py.

So a request for them costs the running daemon a file, and the shapes of what it sends as bytes need not be in its memory.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tarsd.api.lan.route import JSON, LanRoute
from tarsd.api.route import NoBody
from tarsd.observe.ops_shapes import (
    OpsIncidentList,
    OpsIncidentStory,
    OpsSnapshot,
    OpsSummary,
)
from tarsd.web.html import Child, Html, document, tag

SHAPES: Mapping[str, type[BaseModel]] = {
    "/ops/summary": OpsSummary,
    "/ops/health-snapshot": OpsSnapshot,
    "/ops/incidents": OpsIncidentList,
    "/ops/incidents/{id}": OpsIncidentStory,
    "/ops/incidents/{id}/ack": OpsIncidentStory,
}
"""Of routes that send JSON as bytes."""

VERSION = "1"
"""Of the API. The product's is not told to who has not signed in."""

ALWAYS = {
    400: "the request is none: its Host, target, query or body",
    404: "there is no such thing",
    405: "the route has other methods",
    421: "this machine is not known by that name",
    500: "a part of the machine could not be asked, or a defect",
}
"""What any route may answer."""

GUARDED = {
    401: "nobody signed in, and no token, or one that is not valid",
    403: "the role does not reach this, or another site's page asks",
}

OTHERS = {
    404: "there is no such thing",
    409: "the incident is over",
    413: "the body is too large",
    415: "the body is of another kind",
    429: "too many attempts; Retry-After says when to try again",
    503: "too many at once, or the records do not answer; Retry-After may say when to try again",
}

_REFERENCE = "#/components/schemas/{model}"


def openapi(routes: Iterable[LanRoute]) -> Mapping[str, Any]:
    """The whole description."""
    table = list(routes)
    models = {shape for it in table if (shape := shape_of(it)) is not None}
    models |= {it.body for it in table if it.body is not NoBody}
    ordered = sorted(models, key=lambda it: it.__name__)
    _, definitions = models_json_schema(
        [(it, "serialization") for it in ordered], ref_template=_REFERENCE
    )
    schemas: dict[str, Any] = dict(definitions.get("$defs", {}))
    schemas["Error"] = _ERROR
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "tars-home on the LAN", "version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def shape_of(route: LanRoute) -> type[BaseModel] | None:
    """The model of what it answers; None for what is no JSON."""
    return SHAPES.get(route.path) if isinstance(route.result, str) else route.result


_ERROR: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "error"],
    "properties": {
        "type": {"const": "error"},
        "error": {
            "type": "object",
            "required": ["kind", "message", "fix", "details"],
            "properties": {
                "kind": {"type": "string"},
                "message": {"type": "string"},
                "fix": {"type": ["string", "null"]},
                "details": {"type": "object"},
            },
        },
    },
}

_SCHEMES: Mapping[str, Any] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-tars"},
}


def _operation(route: LanRoute) -> Mapping[str, Any]:
    guarded = route.access.roles is not None
    refusals = {**ALWAYS, **(GUARDED if guarded else {})}
    refusals |= {it: OTHERS.get(it) or GUARDED.get(it, "refused") for it in route.refusals}
    if route.body is not NoBody:
        refusals |= {it: OTHERS[it] for it in (413, 415)}
    if route.method == "POST":
        refusals |= {403: GUARDED[403]}
    found: dict[str, Any] = {
        "summary": route.summary,
        "description": f"For: {route.access.name}",
        "operationId": _name(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {
            "200": {"description": "done", "content": _content(route)},
            **({"303": {"description": "a page's form was taken"}} if route.forms else {}),
            **{
                str(it): {"description": words, "content": _ERROR_CONTENT}
                for it, words in sorted(refusals.items())
            },
        },
        "security": [{"token": []}, {"session": []}] if guarded else [],
    }
    if route.body is not NoBody:
        reference = {"schema": {"$ref": _REFERENCE.format(model=route.body.__name__)}}
        content = {JSON: reference}
        if route.forms:
            content["application/x-www-form-urlencoded"] = reference
        found["requestBody"] = {"required": True, "content": content}
    return found


_ERROR_CONTENT: Mapping[str, Any] = {
    JSON: {"schema": {"$ref": _REFERENCE.format(model="Error")}},
    "text/html": {"schema": {"type": "string"}},
}


def _name(route: LanRoute) -> str:
    words = re.findall(r"[a-z]+", route.path) or ["page"]
    return route.method.lower() + "".join(word.capitalize() for word in words)


def _content(route: LanRoute) -> Mapping[str, Any]:
    shape = shape_of(route)
    if shape is not None:
        return {JSON: {"schema": {"$ref": _REFERENCE.format(model=shape.__name__)}}}
    kind = route.result if isinstance(route.result, str) else JSON
    if route.path.startswith("/static/"):
        kinds = ("text/css", "text/javascript", "image/svg+xml")
        return {it: {"schema": {"type": "string"}} for it in kinds}
    return {kind: {"schema": {"type": "object" if kind == JSON else "string"}}}


def _path_parameters(route: LanRoute) -> list[Mapping[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: LanRoute) -> list[Mapping[str, Any]]:
    properties: Mapping[str, Any] = route.query.model_json_schema().get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def page(description: Mapping[str, Any]) -> str:
    """The same to read, without a script."""
    operations = [
        (path, method, it)
        for path, methods in description["paths"].items()
        for method, it in methods.items()
    ]
    body = tag(
        "main",
        tag("p", tag("a", "Back to the status", href="/")),
        tag("h1", "What the LAN may ask"),
        tag(
            "p",
            "A token goes into the header ",
            tag("code", "Authorization: Bearer TOKEN"),
            "; it is made on the machine by ",
            tag("code", "sudo tarsctl token create"),
            ". The same for programs: ",
            tag("a", "/openapi.json", href="/openapi.json"),
            ".",
        ),
        [_section(*it) for it in operations],
        tag("h2", "Shapes", id="shapes"),
        [_shape(name, it) for name, it in description["components"]["schemas"].items()],
        class_="api",
    )
    return document("API · tars-home", body)


def _section(path: str, method: str, it: Mapping[str, Any]) -> Html:
    answers = it["responses"]
    return tag(
        "section",
        tag("h2", tag("code", f"{method.upper()} {path}")),
        tag("p", f"{it['summary']}. {it['description']}."),
        tag(
            "div",
            tag(
                "table",
                tag("tr", tag("th", "Parameter", scope="col"), tag("th", "Value", scope="col")),
                [
                    tag("tr", tag("td", tag("code", one["name"])), tag("td", _kind(one["schema"])))
                    for one in it["parameters"]
                ],
            ),
            class_="wide",
        )
        if it["parameters"]
        else None,
        tag(
            "div",
            tag(
                "table",
                tag("tr", tag("th", "Answer", scope="col"), tag("th", "Meaning", scope="col")),
                [_answer(status, one) for status, one in answers.items()],
            ),
            class_="wide",
        ),
    )


def _answer(status: str, it: Mapping[str, Any]) -> Html:
    content: Mapping[str, Any] = it.get("content", {})
    kinds: list[Child] = []
    for kind, one in content.items():
        if status != "200" and kind != JSON:
            continue
        kinds += [f"{kind}: " if status == "200" else "", _kind(one["schema"]), " "]
    return tag("tr", tag("td", status), tag("td", it["description"], ". ", kinds))


def _shape(name: str, schema: Mapping[str, Any]) -> Html:
    rows: Mapping[str, Any] = schema.get("properties", {})
    return tag(
        "section",
        tag("h3", name, id=name),
        tag("p", schema.get("description"), class_="hint"),
        tag(
            "div",
            tag(
                "table",
                tag("tr", tag("th", "Key", scope="col"), tag("th", "Value", scope="col")),
                [
                    tag("tr", tag("td", tag("code", key)), tag("td", _kind(it)))
                    for key, it in rows.items()
                ],
            ),
            class_="wide",
        )
        if rows
        else None,
    )


def _kind(schema: Mapping[str, Any]) -> Child:
    """A schema in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return tag("a", name, href=f"#{name}")
    if "anyOf" in schema:
        return [[" or " if at else "", _kind(it)] for at, it in enumerate(schema["anyOf"])]
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(it) for it in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return ["list of ", _kind(schema.get("items", {}))]
    each: Mapping[str, Any] | bool = schema.get("additionalProperties", False)
    if isinstance(each, Mapping):
        return ["each: ", _kind(each)]
    kind: str | list[str] = schema.get("type", "anything")
    return kind if isinstance(kind, str) else " or ".join(kind)
