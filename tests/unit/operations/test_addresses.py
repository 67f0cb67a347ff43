"""The address that is shown is one that works."""

from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import JobFailed
from tarsd.host.generations import Generation, Service
from tarsd.host.own_jobs import OwnJobs
from tarsd.operations.addresses import Addresses
from tarsd.settings import Settings
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine

WEBUI = Service("webui", "webui:1", "ui", False, frozenset(), 10)


async def shown(
    answer: Any,
    *,
    bound: str = "0.0.0.0",
    lan: str | None = "192.168.1.10",
    webui: bool = True,
    ops: str = "off",
) -> list[str]:
    jobs = FakeCompose(FakeEngine(Path("/nowhere")), {})
    jobs.own["reach"] = answer
    addresses = Addresses(OwnJobs(jobs, Path("/nowhere")), lambda: "attic.lan", lambda: lan)
    services = {"webui": WEBUI} if webui else {}
    settings = Settings.model_validate({"ports": {"webui_address": bound}, "ops": {"mode": ops}})
    return await addresses.open(Generation(1, Path(), services), settings)


WORKS = [{"unresolved": None, "unreached": None}]
NO_NAME = [{"unresolved": "Name or service not known", "unreached": None}]
REFUSED = [{"unresolved": None, "unreached": "connection refused"}]


@pytest.mark.parametrize(
    ("answer", "lan", "address"),
    [
        (WORKS, "192.168.1.10", "http://attic.local:8080"),
        (NO_NAME, "192.168.1.10", "http://192.168.1.10:8080"),
        (REFUSED, "192.168.1.10", "http://192.168.1.10:8080"),
        (JobFailed("cannot finish: past its 4 s"), "192.168.1.10", "http://192.168.1.10:8080"),
        (NO_NAME, None, "http://localhost:8080"),
    ],
)
async def test_the_name_where_it_works_else_the_address(
    answer: Any, lan: str | None, address: str
) -> None:
    assert await shown(answer, lan=lan) == [address]


@pytest.mark.parametrize(
    ("bound", "address"),
    [
        ("127.0.0.1", "http://localhost:8080"),
        ("192.168.1.7", "http://192.168.1.7:8080"),
        ("fd00::7", "http://[fd00::7]:8080"),
    ],
)
async def test_where_the_owner_bound_it_it_is(bound: str, address: str) -> None:
    assert await shown(WORKS, bound=bound) == [address]


async def test_without_a_page_there_is_nothing_to_open() -> None:
    assert await shown(WORKS, webui=False) == []


async def test_the_status_page_is_told_where_it_listens() -> None:
    assert await shown(WORKS, ops="lan") == [
        "http://attic.local:8080",
        "https://attic.local:8443",
    ]
    assert await shown(WORKS, webui=False, ops="local") == ["https://localhost:8443"]
