"""One table of routes: docs/json.md and /openapi.json say what it says."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from openapi_spec_validator import validate

from tarsd.api.openapi import document
from tarsd.api.route import NoBody, Route
from tarsd.errors import TarsError
from tarsd.observe.model import Status
from tests.tree import ROOT
from tests.unit.api.caller import Caller
from tests.unit.home import Home

JSON_MD = (ROOT / "docs/json.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Row:
    """A route as docs/json.md has it."""

    method: str
    path: str
    query: frozenset[str]
    access: str


def documented_routes() -> set[Row]:
    found = re.findall(r"^\| `(GET|POST) (\S+?)(?:\?(\S+))?` \| (\w+) \|", JSON_MD, re.MULTILINE)
    return {
        Row(method, path, frozenset(re.findall(r"(\w+)=", query)), access)
        for method, path, query, access in found
    }


@pytest.fixture
def routes(home: Home) -> list[Route]:
    """The daemon's own."""
    return list(home.app.server._routes)  # pyright: ignore[reportPrivateUsage]  it has one table and shows it to nobody


def test_the_documented_table_is_the_table(routes: list[Route]) -> None:
    served = {
        Row(it.method, it.path, frozenset(it.query.model_fields), it.access.name) for it in routes
    }
    assert documented_routes() == served | {Row("GET", "/openapi.json", frozenset(), "member")}


def test_the_documented_bodies_are_the_bodies(routes: list[Route]) -> None:
    """Keys and defaults, as far as the document shows them."""
    for route in routes:
        if route.body is NoBody:
            continue
        row = re.search(rf"^\| `{route.method} {re.escape(route.path)}` .*", JSON_MD, re.MULTILINE)
        assert row is not None
        shown = re.search(r"body: `({.*?})`", row[0])
        assert shown is not None, f"{route.path} shows no body"
        assert set(re.findall(r'"(\w+)":', shown[1])) == set(route.body.model_fields)


def errors(error: type[TarsError] = TarsError) -> set[type[TarsError]]:
    """An error and all that are one."""
    return {error}.union(*map(errors, error.__subclasses__()))


def documented_statuses() -> dict[str, int]:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| \d+ \|", JSON_MD, re.MULTILINE)
    return {kind: int(status) for kind, status in rows}


def test_every_kind_of_error_is_documented_where_it_is_met() -> None:
    """In an answer, with its status, as the end of a change, or of an undo."""
    ends = re.search(r"^A change that ends badly carries.*?\.", JSON_MD, re.MULTILINE | re.DOTALL)
    assert ends is not None
    of_changes = set(re.findall(r"`([a-z-]+)`", ends[0]))
    of_undos = set(re.findall(r"An undo that cannot be, `([a-z-]+)`", JSON_MD))
    assert documented_statuses().keys() | of_changes | of_undos == {
        error.kind for error in errors()
    }


def test_every_documented_status_is_the_errors_own() -> None:
    shown = documented_statuses()
    for error in errors():
        assert shown.get(error.kind, error.status) == error.status, error


def test_the_documented_status_has_every_key_of_the_status() -> None:
    section = JSON_MD.partition("\n## status\n")[2].partition("\n- `overall`")[0]
    shown = set(re.findall(r'"(\w+)":', section))

    def keys(schema: dict[str, Any]) -> set[str]:
        parts = [schema, *schema.get("$defs", {}).values()]
        return {key for part in parts for key in part.get("properties", {})}

    assert shown - {"schema"} == keys(Status.model_json_schema())


def test_openapi_has_every_route_and_no_other(routes: list[Route]) -> None:
    paths = document(routes)["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert found == {(route.method, route.path) for route in routes}


def test_openapi_refers_to_nothing_that_it_does_not_hold(routes: list[Route]) -> None:
    found = document(routes)
    references = re.findall(r"'#/components/schemas/(\w+)'", str(found))
    assert references
    assert set(references) <= found["components"]["schemas"].keys()


def test_openapi_names_every_variable_of_a_path(routes: list[Route]) -> None:
    for path, methods in document(routes)["paths"].items():
        for operation in methods.values():
            named = {it["name"] for it in operation["parameters"] if it["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_openapi_is_openapi(routes: list[Route]) -> None:
    """validate() raises what is wrong; an empty document shows that it would."""
    validate(document(routes))
    with pytest.raises(Exception, match="paths"):
        validate({"openapi": "3.1.0", "info": {"title": "tarsd", "version": "1"}, "paths": 7})


async def test_openapi_is_served_as_it_is(api: Caller, routes: list[Route]) -> None:
    reply = await api.get("/openapi.json")
    assert reply.status == 200
    assert reply.body == document(routes)


def test_every_route_has_a_summary(routes: list[Route]) -> None:
    assert all(route.summary for route in routes)
