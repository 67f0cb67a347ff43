"""The catalogue as a whole: every fault once, explained, and docs/faults.md made from it."""

import inspect
import re
import shlex

import pytest

from tarsd.catalogue.check import Check, Status
from tarsd.catalogue.everything import CATALOGUE, SUBJECTS
from tarsd.catalogue.page import page
from tarsd.ctl.commands import load
from tarsd.ctl.parser import command_parser, split
from tests.tree import ROOT


def test_every_fault_is_there_once() -> None:
    ids = [check.id for check in CATALOGUE]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda it: it.id)
def test_its_id_and_what_it_waits_for_make_sense(check: Check) -> None:
    assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+", check.id)
    assert set(check.after) <= {it.id for it in CATALOGUE}
    assert 0 < check.deadline <= 90


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda it: it.id)
def test_it_is_explained_to_who_has_never_heard_of_it(check: Check) -> None:
    about = check.about
    assert about is not None
    for text in (about.what, about.seen, about.why, about.we, about.you):
        assert len(text.split()) >= 2
        assert not text.endswith((".", " "))


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda it: it.id)
def test_the_commands_that_help_can_be_typed(check: Check) -> None:
    for command in check.about.commands if check.about else ():
        assert command == command.strip()
        words = shlex.split(command)  # raises where a quote is left open
        if "tarsctl" in words[:2]:
            typed = [re.sub(r"^[A-Z]+$", "1", it) for it in words[words.index("tarsctl") + 1 :]]
            name, rest = split(typed)
            command_parser(load(name)).parse_all(rest)


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda it: it.id)
def test_what_only_warns_never_fails(check: Check) -> None:
    if check.severity is Status.WARN:
        code = inspect.getsource(type(check))
        assert "self.fail(" not in code
        assert "failing(" not in code


def test_the_page_is_what_the_catalogue_says() -> None:
    shown = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert shown == page(SUBJECTS), "make it anew: .venv/bin/python packaging/faults.py"
