"""An examination: everything once, unasked parents unseen, remedies that fit, no secret in what others say."""

from collections.abc import Callable

import pytest

from tarsd.catalogue.check import Answer, Check, Finding, Status, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.changes.hiding import Hiding
from tarsd.engine.choice import Choice
from tarsd.engine.examination import Examination, remedy_of
from tarsd.engine.metered import Costs
from tests.unit.service_views import world


class Mend(Remedy):
    def __init__(self, name: str, kind: Kind, fits: bool = True) -> None:
        self.id, self.kind, self._fits = name, kind, fits  # type: ignore[misc]

    def fits(self, world: World, finding: Finding) -> bool:
        return self._fits

    def words(self, finding: Finding) -> str:
        return f"{self.id} {finding.subject}"

    async def do(self, hands: Hands, finding: Finding) -> None:
        raise AssertionError("an examination does nothing")


class Says(Check):
    subject = "machine"

    def __init__(self, name: str, status: Status, *after: str, told: str = "so it is") -> None:
        self.id, self.after, self._status, self._told = name, after, status, told  # type: ignore[misc]
        self.asked = 0

    async def ask(self, world: World) -> Answer:
        self.asked += 1
        return Finding(self.id, "machine", self._status, self._told, "do this", (self._told,))


class Eyes:
    def __init__(self) -> None:
        self.looks = 0

    async def look(self, own: frozenset[str]) -> World:
        self.looks += 1
        return world()


def plain() -> Callable[[str], str]:
    return lambda text: text.replace("hunter2", "***")


def examination(*checks: Check) -> Examination:
    return Examination({"Here": checks[:1], "There": checks[1:]}, Eyes(), Costs(), Hiding(plain))


async def test_each_finding_is_told_by_section_with_its_check_and_its_count() -> None:
    checks = Says("a", Status.PASS), Says("b", Status.FAIL), Says("c", Status.WARN, "b")
    told = (await examination(*checks).examine(Choice())).as_json()
    assert told["summary"] == {"pass": 1, "warn": 0, "fail": 1, "skip": 1, "unknown": 0}
    assert told["sections"] == [
        {"name": "Here", "checks": ["a"]},
        {"name": "There", "checks": ["b", "c"]},
    ]
    assert [it["status"] for it in told["findings"]] == ["pass", "fail", "skip"]
    assert told["findings"][1] == {
        "id": "b",
        "subject": "machine",
        "status": "fail",
        "severity": "fail",
        "usual": True,
        "summary": "so it is",
        "evidence": ["so it is"],
        "commands": ["do this"],
        "remedy": None,
    }


async def test_a_parent_that_was_not_asked_for_decides_and_is_not_shown() -> None:
    parent, child = Says("docker.down", Status.FAIL), Says("disk.low", Status.PASS, "docker.down")
    told = await examination(parent, child).examine(Choice(only=("disk.low",)))
    assert [(it.finding.id, it.finding.status) for it in told.told] == [("disk.low", Status.SKIP)]
    assert (parent.asked, child.asked) == (1, 0)


async def test_what_others_say_is_told_without_secrets() -> None:
    told = await examination(Says("a", Status.FAIL, told="it said hunter2")).examine(Choice())
    finding = told.told[0].finding
    assert (finding.summary, finding.evidence) == ("it said ***", ("it said ***",))


async def test_our_own_words_are_told_where_no_secret_can_be_read() -> None:
    def unreadable() -> Callable[[str], str]:
        raise PermissionError(13, "Permission denied")

    ours, theirs = Says("a", Status.FAIL), Says("b", Status.FAIL)
    ours.own_words = True  # type: ignore[misc]
    it = Examination({"All": (ours, theirs)}, Eyes(), Costs(), Hiding(unreadable))
    one, other = (await it.examine(Choice())).told
    assert one.finding.summary == "so it is"
    assert other.finding.summary.startswith("[withheld")


@pytest.mark.parametrize("status", [Status.PASS, Status.SKIP, Status.UNKNOWN])
def test_what_is_not_ill_has_no_remedy(status: Status) -> None:
    check = Says("a", status)
    check.remedies = (Mend("x", Kind.AUTOMATIC),)  # type: ignore[misc]
    assert remedy_of(check, world(), Finding("a", "machine", status, "")) is None


def test_the_first_that_fits_and_what_is_its_owners_own_last() -> None:
    check, ill = Says("a", Status.FAIL), Finding("a", "machine", Status.FAIL, "")
    manual, ask = Mend("manual", Kind.MANUAL), Mend("ask", Kind.CONFIRM)
    check.remedies = (Mend("no", Kind.AUTOMATIC, fits=False), manual, ask)  # type: ignore[misc]
    assert remedy_of(check, world(), ill) is ask
    check.remedies = (manual,)  # type: ignore[misc]
    assert remedy_of(check, world(), ill) is manual
