"""The description of the LAN's API says what its table of routes does."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tarsd.api.lan.description import openapi, page, shape_of
from tarsd.api.lan.route import JSON, LanRoute
from tarsd.web.assets import PLACE
from tests.unit.home import Home


@pytest.fixture
def routes(home: Home) -> list[LanRoute]:
    """The daemon's own."""
    return home.app.operations.server.routes


def file(name: str) -> str:
    return Path(PLACE, name).read_text(encoding="utf-8")


def test_what_lies_in_the_package_is_what_the_table_makes_of_it(routes: list[LanRoute]) -> None:
    made: Any = openapi(routes)
    assert json.loads(file("openapi.json")) == json.loads(json.dumps(made)), (
        "run packaging/api_docs.py"
    )
    assert file("docs.html") == page(made)


def test_it_is_openapi() -> None:
    validate(json.loads(file("openapi.json")))


def test_all_that_is_json_has_a_shape(routes: list[LanRoute]) -> None:
    bare = [it.path for it in routes if it.result == JSON and shape_of(it) is None]
    assert bare == ["/openapi.json"]


def test_what_wants_a_sign_in_says_so(routes: list[LanRoute]) -> None:
    paths = json.loads(file("openapi.json"))["paths"]
    for route in routes:
        told = paths[route.path][route.method.lower()]
        assert bool(told["security"]) == (route.access.roles is not None), route.path
        assert ("401" in told["responses"]) or route.access.roles is None, route.path


def test_the_page_to_read_asks_for_nothing_elsewhere() -> None:
    text = file("docs.html")
    assert "://" not in text
    assert "<script" not in text
