"""PostgreSQL is cut off in its very first start; the install that waits for it ends with GO all the same."""

from typing import Any

import pytest

from tests.machine import aftermath
from tests.machine.home import Home
from tests.machine.shapes import Change

DATA = "/var/lib/docker/volumes/tars_postgres/_data"

WHEN = {
    "before it has a version": f"test -d {DATA}/base",
    "in initdb": f"test -s {DATA}/global/pg_control",
    "after initdb": f"grep -q '^host all all all' {DATA}/pg_hba.conf",
}
CUT = """
tarsctl install --yes --no-wait
until {when} 2>/dev/null; do :; done
kill -9 "$(docker inspect --format '{{{{.State.Pid}}}}' tars-postgres-1)"
"""


def told(ended: Change) -> list[str]:
    """The warnings about PostgreSQL, by their ids."""
    assert ended.status == "done", ended
    result: Any = ended.result
    return [it["id"] for it in result["warnings"] if it["subject"] == "postgres"]


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN.keys())
def test_it_is_finished_or_begun_anew(without_stack: Home, when: str) -> None:
    without_stack.machine.sh(CUT.format(when=when))
    change = aftermath.newest_change(without_stack)
    (warning,) = told(without_stack.ask(Change, "watch", change, within=120))
    assert warning in ("postgres.begun-anew", "postgres.database-made")
    without_stack.wait_for("healthy")
    assert told(without_stack.ask(Change, "install", "--yes", within=60)) == []


@pytest.mark.parametrize("after", [0.3, 1.0])
def test_an_install_that_was_aborted_in_it_can_be_made_again(
    without_stack: Home, after: float
) -> None:
    without_stack.machine.sh(
        f"tarsctl install --yes --no-wait; until test -d {DATA}; do :; done; sleep {after}"
    )
    aborted = aftermath.newest_change(without_stack)
    without_stack.machine.exec("tarsctl", "abort", aborted, check=False, within=60)
    without_stack.machine.exec("tarsctl", "watch", aborted, check=False, within=60)
    ended = without_stack.ask(Change, "install", "--yes", within=120)
    assert ended.status == "done"
    without_stack.wait_for("healthy")
