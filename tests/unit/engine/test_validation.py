"""GO is said of what was seen to work, and of nothing else."""

from collections.abc import Sequence
from typing import Any

import pytest

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.changes.hiding import Hiding
from tarsd.engine.examination import Examination
from tarsd.engine.metered import Costs
from tarsd.engine.validation import UNPROVED, Validation
from tarsd.errors import NotInstalled
from tests.unit.service_views import world


class Says(Check):
    """Answers what it is told to."""

    subject = "it"

    def __init__(self, name: str, status: Status) -> None:
        self.id, self._status = name, status  # type: ignore[misc]
        self.deep = True  # type: ignore[misc]

    async def ask(self, world: World) -> Finding:
        return Finding(self.id, self.subject, self._status, self._status.value)


class Eyes:
    async def look(self, own: frozenset[str]) -> World:
        return world()


def validation(checks: Sequence[Check], *, installed: bool = True) -> Validation:
    hiding = Hiding(lambda: str)
    return Validation(Examination({"All": checks}, Eyes(), Costs(), hiding), lambda: installed)


async def verdicts(**statuses: Status) -> dict[str, tuple[str, Any]]:
    """Of each suite, by what the checks say; `a_b` is the check a.b."""
    checks = [Says(name.replace("_", "."), status) for name, status in statuses.items()]
    result = await validation(checks).validate([])
    suites = {it["name"]: (it["verdict"], it["reason"]) for it in result["suites"]}
    assert (result["verdict"] == "GO") == all(it[0] == "GO" for it in suites.values())
    return suites


PROVED = {"redis_deep": Status.PASS, "rag_canary": Status.PASS, "security_x": Status.PASS}


async def test_what_works_is_go() -> None:
    assert await verdicts(**PROVED) == dict.fromkeys(
        ("deployment", "rag", "security"), ("GO", None)
    )


@pytest.mark.parametrize("status", [Status.FAIL, Status.UNKNOWN])
async def test_a_failure_and_what_is_not_known_is_no_go(status: Status) -> None:
    found = await verdicts(**PROVED, rag_webui=status)
    assert found["rag"] == ("NO-GO", f"rag.webui: it: {status.value}")
    assert found["deployment"] == found["security"] == ("GO", None)


@pytest.mark.parametrize("status", [Status.WARN, Status.SKIP])
async def test_a_warning_and_what_was_left_out_is_not(status: Status) -> None:
    assert (await verdicts(**PROVED, rag_webui=status))["rag"] == ("GO", None)


async def test_where_nothing_was_seen_to_work_it_is_no_go() -> None:
    found = await verdicts(**{**PROVED, "rag_canary": Status.SKIP})
    assert found["rag"] == ("NO-GO", UNPROVED)


async def test_one_suite_asks_only_its_own() -> None:
    checks = [Says("redis.deep", Status.PASS), Says("security.x", Status.FAIL)]
    result = await validation(checks).validate(["deployment"])
    assert [it["name"] for it in result["suites"]] == ["deployment"]
    assert [it["id"] for it in result["suites"][0]["findings"]] == ["redis.deep"]
    assert result["verdict"] == "GO"


async def test_before_an_install_there_is_nothing_to_vouch_for() -> None:
    with pytest.raises(NotInstalled):
        await validation([], installed=False).validate([])
