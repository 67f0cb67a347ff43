"""The catalogue as a whole: every fault once, explained, and docs/faults.md made from it."""

import re

import pytest

from tarsd.catalogue.check import Check
from tarsd.catalogue.everything import CATALOGUE, SUBJECTS
from tarsd.catalogue.page import page
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


def test_the_page_is_what_the_catalogue_says() -> None:
    shown = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert shown == page(SUBJECTS), "make it anew: .venv/bin/python packaging/faults.py"
