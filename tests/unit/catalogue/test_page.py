"""docs/faults.md: what a fault's page says, and that it says it in sentences."""

from typing import ClassVar

import pytest

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.page import cadence, page, sentence
from tarsd.catalogue.remedy import Hands, Kind, Remedy


class Water(Remedy):
    id = "plant.water"

    def words(self, finding: Finding) -> str:
        return "water it"

    async def do(self, hands: Hands, finding: Finding) -> None:
        raise NotImplementedError


class Repot(Water):
    id = "plant.repot"
    kind = Kind.CONFIRM


class Dry(Check):
    id = "plant.dry"
    subject = "plant"
    after = ("house.gone", "room.dark")
    severity = Status.WARN
    about = About(
        what="the plant is dry",
        seen="its soil is pale",
        why="It dies. So do others",
        we="tarsd waters it",
        you="Nothing",
        commands=("water PLANT",),
    )
    remedies: ClassVar[tuple[Remedy, ...]] = (Water(), Repot())

    async def ask(self, world: World) -> Finding:
        return self.passed("not dry")


class Unexplained(Dry):
    about = None


def test_a_fault_has_a_page_of_sentences() -> None:
    text = page({"House plants": [Dry()]})
    assert "- [House plants](#house-plants): [plant.dry](#plantdry)" in text
    for line in (
        "### plant.dry\nThe plant is dry.\n",
        "- **How it is seen**: Its soil is pale.",
        "- **Why it matters**: It dies. So do others.",
        "- **What tarsd does**: tarsd waters it.",
        "```sh\nwater PLANT\n```",
        "Not asked while `house.gone` or `room.dark` fails.",
        "Unattended: `plant.water`.",
        "By `tarsctl doctor --fix`, which asks first: `plant.repot`.",
    ):
        assert line in text


def test_a_fault_that_nobody_explained_has_none() -> None:
    with pytest.raises(ValueError, match=r"plant\.dry"):
        page({"House plants": [Unexplained()]})


@pytest.mark.parametrize(
    ("every", "said"),
    [
        (None, "asked by `tarsctl doctor` (5 s at most)"),
        (0.0, "looked at every 30 s, and at once when something happens"),
        (60.0, "asked every 60 s, and at once when the settings are read anew (5 s at most)"),
        (
            900.0,
            "asked every 15 min, and at once when the settings are read anew (5 s at most)",
        ),
        (
            86400.0,
            "asked every 24 h, and at once when the settings are read anew (5 s at most)",
        ),
    ],
)
def test_how_often_it_is_asked_is_told_in_words(every: float | None, said: str) -> None:
    class Asked(Dry):
        triggers = frozenset({Trigger.SETTINGS})

    Asked.every = every
    assert cadence(Asked()) == said


def test_what_does_some_work_says_so() -> None:
    class Deep(Dry):
        deep = True

    assert cadence(Deep()) == "asked by `tarsctl doctor --deep` (5 s at most)"


def test_a_trigger_has_words() -> None:
    """But for the end of a sleep, which concerns all and is told once, at the top."""
    for trigger in set(Trigger) - {Trigger.WOKE}:

        class Asked(Dry):
            every = 300.0
            triggers = frozenset({trigger})

        assert "and at once when" in cadence(Asked())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the disk is full", "The disk is full."),
        ("systemd says so", "systemd says so."),
        ("`docker ps` says so", "`docker ps` says so."),
        ("/proc/mounts has it", "/proc/mounts has it."),
        ("Kept (docs/backups.md)", "Kept ([backups.md](backups.md))."),
        ("docker.service is off", "docker.service is off."),
    ],
)
def test_a_name_keeps_its_small_letter(text: str, said: str) -> None:
    assert sentence(text) == said


def test_several_of_a_kind_are_a_list() -> None:
    class Waits(Dry):
        after = ("a.a", "b.b", "c.c")
        every = 60.0
        triggers = frozenset({Trigger.SETTINGS, Trigger.CHANGE})

    text = page({"Plants": [Waits()]})
    assert "Not asked while `a.a`, `b.b` or `c.c` fails." in text
    assert "and at once when the settings are read anew or a change ends (5 s at most)." in text
