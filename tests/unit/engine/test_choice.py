"""Which checks are asked: by id, by pattern, with their parents; what names none is refused with what is near."""

from typing import cast

import pytest

from tarsd.catalogue.check import Answer, Check, World
from tarsd.engine.choice import Choice, with_parents
from tarsd.errors import BadRequest


class It(Check):
    subject = "machine"

    def __init__(self, name: str, *after: str, deep: bool = False) -> None:
        self.id, self.after, self.deep = name, after, deep  # type: ignore[misc]

    async def ask(self, world: World) -> Answer:
        return self.passed("well")


CHECKS = (
    It("docker.down"),
    It("docker.hung", "docker.down"),
    It("disk.low", "docker.down"),
    It("disk.dying"),
    It("rag.canary", "docker.hung", deep=True),
)


def ids(choice: Choice) -> list[str]:
    return [it.id for it in choice.of(CHECKS)]


def test_all_but_the_deep_ones_are_asked() -> None:
    assert ids(Choice()) == ["docker.down", "docker.hung", "disk.low", "disk.dying"]
    assert ids(Choice(deep=True))[-1] == "rag.canary"


def test_a_pattern_means_what_it_means_in_a_shell() -> None:
    assert ids(Choice(only=("disk.*",))) == ["disk.low", "disk.dying"]
    assert ids(Choice(only=("disk.*", "docker.down"), skip=("*.low",))) == [
        "docker.down",
        "disk.dying",
    ]
    assert ids(Choice(skip=("d*",))) == []


def test_a_deep_one_that_is_named_is_meant_and_one_that_a_pattern_hits_is_not() -> None:
    assert ids(Choice(only=("rag.canary",))) == ["rag.canary"]
    assert ids(Choice(only=("rag.*",))) == []


def test_what_must_pass_first_is_asked_too() -> None:
    assert [it.id for it in with_parents([CHECKS[4]], CHECKS)] == [
        "docker.down",
        "docker.hung",
        "rag.canary",
    ]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("docker.dwn", ["docker.down"]),
        ("disk", ["disk.low", "disk.dying"]),
        ("zzz", []),
        ("disk.[", ["disk.low", "disk.dying"]),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_is_near(name: str, near: list[str]) -> None:
    for choice in (Choice(only=("docker.down", name)), Choice(skip=(name,))):
        with pytest.raises(BadRequest) as refusal:
            choice.of(CHECKS)
        assert refusal.value.message.startswith(f"cannot find a check {name!r}")
        told = cast("list[str]", refusal.value.details["near"])
        assert set(near) <= set(told)
        assert bool(near) == bool(told)
