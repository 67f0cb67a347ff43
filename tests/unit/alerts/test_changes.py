"""How changes ended, as messages."""

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.settings import Alerts, Channel
from tests.unit.alerts.town import Town


def change(status: ChangeStatus, *, ended: str = "03:30", error: str | None = None) -> Change:
    found = (
        None if error is None else {"kind": error, "message": "cannot pull redis:8", "fix": "df"}
    )
    return Change("7", "install", "Install", status, frozenset(), "2026-11-22T03:10:00.000Z", [],
                  ended=f"2026-11-22T{ended}:00.000Z", error=found)  # fmt: skip


async def test_one_that_failed_is_told_once_also_if_tarsd_is_killed_at_its_end(town: Town) -> None:
    town.later(1200)
    failed = change(ChangeStatus.UNDONE, error="no-space")
    town.alerts.change_ended(failed)
    town.changes.append(failed)
    await town.restart()
    await town.pass_(5)
    await town.restart()
    await town.pass_(60)
    (body,) = town.world.bodies()
    assert "Change: change 7: Install: cannot pull redis:8" in body
    assert "What to do: df" in body


@pytest.mark.parametrize(
    "ended",
    [
        change(ChangeStatus.UNDONE, error="aborted"),
        change(ChangeStatus.DONE, ended="03:10"),
        change(ChangeStatus.DONE),
    ],
)
async def test_what_the_owner_knows_is_not_told(town: Town, ended: Change) -> None:
    town.alerts.change_ended(ended)
    await town.pass_(60)
    assert town.world.got == []


async def test_a_long_one_that_is_done_is_told_to_who_wants_it(town: Town) -> None:
    town.settings = Alerts(channels={"phone": Channel(severity="info")})
    town.later(1200)
    town.alerts.change_ended(change(ChangeStatus.DONE, ended="03:31"))
    await town.pass_(5)
    assert "Change: change 7: Install: done" in town.world.bodies()[0]
