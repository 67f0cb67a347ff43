"""All checks of an install together: explained, documented, and none waits for one that is not there."""

import re
from itertools import chain

import pytest

from tarsd.catalogue.check import Check
from tarsd.catalogue.everything import CATALOGUE
from tarsd.catalogue.preflight import CHECKS
from tests.tree import ROOT

ROWS = {
    row[1]: row
    for row in re.finditer(
        r"^\| `([a-z.-]+)` \| (yes|no) \| (.+?) \| (.*?) ?\|$",
        (ROOT / "docs/go-no-go.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}


def test_the_documented_checks_are_the_checks() -> None:
    assert list(ROWS) == [check.id for check in CHECKS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_document_says_what_must_be_known(check: Check) -> None:
    assert ROWS[check.id][2] == ("yes" if check.vital else "no")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_explains_itself(check: Check) -> None:
    assert check.__doc__
    assert not check.__doc__.startswith("One finding")
    assert check.ask.__doc__
    assert check.deadline <= 75


def test_ids_are_unique_and_parents_are_there() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    known = {check.id for check in CATALOGUE}  # a parent that no install asks about is none there
    assert set(chain.from_iterable(check.after for check in CHECKS)) <= known
