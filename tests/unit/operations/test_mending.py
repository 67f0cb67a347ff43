"""One remedy for its owner: guarded, verified by its own check, and taken back where it did not help."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tarsd.catalogue.check import Answer, Check, Finding, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.changes.hiding import Hiding
from tarsd.changes.locks import STACK
from tarsd.engine.examination import Examination
from tarsd.engine.metered import Costs
from tarsd.errors import BadRequest, JobFailed
from tarsd.host.edits.allowed import Allowed
from tarsd.host.edits.hands import FileEdits
from tarsd.host.edits.runs import Run, Runs
from tarsd.host.own_jobs import OwnJobs
from tarsd.operations import mending
from tarsd.operations.mending import Mending, Outcome, Want, locks
from tarsd.operations.taking_back import TakingBack
from tarsd.paths import Paths
from tests.unit.hands import hands
from tests.unit.own_work import OwnWork
from tests.unit.service_views import view, world

WANT = Want("file.wrong", "machine", "write")


class Write(Remedy):
    """Writes `right` into the file; `then` is what else it does."""

    id = "write"
    kind = Kind.CONFIRM

    def __init__(self, file: Path) -> None:
        self.file = file
        self.text = "right"
        self.refusal: str | None = None
        self.then: Callable[[], object] = lambda: None

    def guard(self, world: World, finding: Finding) -> str | None:
        return self.refusal

    def words(self, finding: Finding) -> str:
        return "write it"

    async def do(self, hands: Hands, finding: Finding) -> None:
        was = await hands.files.read(str(self.file))
        await hands.files.write(str(self.file), self.text, was=was)
        self.then()


class ByHand(Write):
    id = "by-hand"
    kind = Kind.MANUAL


class Wrong(Check):
    id = "file.wrong"
    subject = "machine"

    def __init__(self, file: Path) -> None:
        self.file = file
        self.remedy = Write(file)
        self.remedies = (ByHand(file), self.remedy)  # type: ignore[misc]

    async def ask(self, world: World) -> Answer:
        text = self.file.read_text()
        if text == "unknown":
            return self.unknown("nobody knows")
        return self.passed("right") if text == "right" else self.fail(f"it says {text}")


class Practice:
    """A doctor's, with one file that may be wrong."""

    def __init__(self, directory: Path) -> None:
        paths = Paths(etc=directory / "etc", state=directory / "state")
        paths.etc.mkdir()
        self.file = paths.etc / "it.conf"
        self.file.write_text("wrong")
        self.file.chmod(0o640)
        self.check = Wrong(self.file)
        self.world = world()
        jobs = OwnJobs(OwnWork(), directory / "no-program")

        def with_files(run: Callable[[], Run]) -> Hands:
            return hands(files=FileEdits(jobs, Allowed(paths), run))

        self.hands = with_files
        self.back = TakingBack(Runs(paths.doctor), jobs)
        self.acted: list[str] = []
        self.begun: list[int] = []
        self.run: Run = self.back.runs.new()
        examination = Examination(
            {"All": (self.check,)}, self, Costs(), Hiding(lambda: lambda text: text)
        )
        self.mending = Mending(
            examination,
            self.hands,
            self.back,
            self.acted.append,
        )

    async def look(self, own: frozenset[str]) -> World:
        return self.world

    async def mend(self, want: Want = WANT) -> Outcome:
        async def begun(since: int) -> int:
            assert self.file.read_text() != "right", "told before the act"
            self.begun.append(since)
            return self.begun[0]

        return await self.mending.mend(want, self.run, frozenset(), begun)


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Practice:
    monkeypatch.setattr(mending, "SOON", 0.0)
    return Practice(tmp_path)


async def test_what_helps_is_fixed_and_can_be_taken_back(practice: Practice) -> None:
    outcome = await practice.mend()
    assert (outcome.end, outcome.words, outcome.kept) == ("fixed", "write it", None)
    assert practice.file.read_text() == "right"
    assert (practice.acted, practice.begun) == (["file.wrong"], [1])
    assert await practice.back.take_back(practice.run, 1, force=False) == [str(practice.file)]
    assert practice.file.read_text() == "wrong"
    assert practice.file.stat().st_mode & 0o777 == 0o640


async def test_what_does_not_help_is_taken_back_at_once(practice: Practice) -> None:
    practice.check.remedy.text = "as wrong"
    outcome = await practice.mend()
    assert (outcome.end, outcome.why) == ("useless", "it says as wrong")
    assert practice.file.read_text() == "wrong"
    assert await practice.back.left(practice.run) == []


async def test_an_act_that_fails_half_way_is_taken_back(practice: Practice) -> None:
    def fails() -> None:
        raise JobFailed("cannot reload it: no", fix="do that")

    practice.check.remedy.then = fails
    outcome = await practice.mend()
    assert (outcome.end, outcome.why) == ("failed", "cannot reload it: no; try: do that")
    assert practice.file.read_text() == "wrong"
    assert practice.acted == []


async def test_a_second_attempt_takes_back_the_first_one_s_edit_too(practice: Practice) -> None:
    """A power cut came between the act and the check: the change goes on, and it does not help."""
    await practice.hands(lambda: practice.run).files.write(str(practice.file), "half", was="wrong")
    practice.begun.append(1)
    practice.check.remedy.text = "as wrong"
    assert (await practice.mend()).end == "useless"
    assert practice.file.read_text() == "wrong"


async def test_what_cannot_be_taken_back_is_said(practice: Practice) -> None:
    practice.check.remedy.text = "as wrong"
    practice.check.remedy.then = partial(practice.file.write_text, "somebody's")
    outcome = await practice.mend()
    assert outcome.end == "useless"
    assert outcome.kept == f"cannot undo: {practice.file} has been changed since"
    assert practice.file.read_text() == "somebody's"


async def test_nothing_is_done_where_it_is_well_by_now(practice: Practice) -> None:
    practice.file.write_text("right")
    assert (await practice.mend()).end == "well"
    assert practice.begun == []


async def test_nothing_is_done_where_it_cannot_be_asked_or_the_guard_says_no(
    practice: Practice,
) -> None:
    practice.file.write_text("unknown")
    outcome = await practice.mend()
    assert (outcome.end, outcome.why) == ("refused", "nobody knows")
    practice.file.write_text("wrong")
    practice.check.remedy.refusal = "not now"
    outcome = await practice.mend()
    assert (outcome.end, outcome.why) == ("refused", "not now")
    assert practice.file.read_text() == "wrong"
    assert practice.begun == []


@pytest.mark.parametrize(
    "want",
    [
        Want("file.wrong", "machine", "by-hand"),
        Want("file.wrong", "machine", "never-heard-of"),
        Want("file.rong", "machine", "write"),
    ],
)
async def test_what_tarsd_may_not_do_is_no_request(practice: Practice, want: Want) -> None:
    with pytest.raises(BadRequest):
        await practice.mend(want)
    assert practice.file.read_text() == "wrong"


def test_a_fix_locks_its_services_or_the_stack_where_it_disturbs_more(tmp_path: Path) -> None:
    quiet, loud = Write(tmp_path), Write(tmp_path)
    loud.disturbs = True  # type: ignore[misc]
    services = frozenset({view().name})
    of_service, of_machine = Want("x", "redis", "write"), Want("x", "machine", "write")
    assert locks([(of_service, loud)], services, STACK) == {"doctor", "redis"}
    assert locks([(of_machine, quiet)], services, STACK) == {"doctor"}
    assert locks([(of_machine, loud)], services, STACK) == {"doctor", STACK}
