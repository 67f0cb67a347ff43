"""What the owner says of an incident counts, and is on disk before it is confirmed."""

from typing import Any

import pytest

from tarsd.engine.incident import IncidentStatus
from tarsd.errors import IncidentOver, NotFound, StateUnavailable
from tests.unit.engine.ward import Ward


async def test_acknowledged_is_said_once(ward: Ward) -> None:
    await ward.fails()
    await ward.owner.acknowledge(1)
    ward.later(60)
    found = await ward.owner.acknowledge(1)
    assert (await ward.row()).acknowledged == found.acknowledged == "2026-11-22T03:12:00.000Z"
    assert await ward.told() == ["seen: it hangs", "owner: acknowledged"]
    assert ward.log.events() == ["incident.opened", "incident.acknowledged"]


async def test_closed_by_hand_stays_closed_although_it_fails(ward: Ward) -> None:
    await ward.fails()
    found = await ward.owner.resolve(1)
    assert (found.status, found.by_owner) == (IncidentStatus.RESOLVED, True)
    for _ in range(6):
        ward.later(599)
        assert not (await ward.fails()).opened
    await ward.restart()
    assert not (await ward.fails()).opened
    ward.later(10)
    assert [it.id for it in (await ward.fails()).opened] == [2]
    assert await ward.ledger.repairs() == [], "nobody has seen it mended"


async def test_closed_by_hand_is_opened_again_once_it_passed(ward: Ward) -> None:
    await ward.fails()
    await ward.owner.resolve(1)
    await ward.passes()
    await ward.restart()
    assert [it.id for it in (await ward.fails()).reopened] == [1]
    assert (await ward.row()).muted is None


async def test_released_is_tried_at_once_and_from_the_first_attempt_on(ward: Ward) -> None:
    (incident,) = (await ward.fails()).opened
    await ward.incidents.begin(incident, "restart", "restart redis", counts=True)
    await ward.incidents.hold(incident, "still hung", 1800)
    found = await ward.owner.release(1)
    assert (found.status, found.attempts, found.next_try) == (IncidentStatus.OPEN, 0, None)
    assert ward.incidents.waits(incident) == 0
    assert ward.woken == [found]
    assert await ward.row() == found


async def test_there_is_no_word_on_what_is_not_or_is_over(ward: Ward) -> None:
    with pytest.raises(NotFound, match="cannot find incident 1"):
        await ward.owner.release(1)
    await ward.fails()
    await ward.passes()
    for word in (ward.owner.acknowledge, ward.owner.resolve, ward.owner.release):
        with pytest.raises(IncidentOver, match="incident 1: it is resolved"):
            await word(1)
    ward.database.away = True
    await ward.fails(subject="webui")
    with pytest.raises(NotFound):
        await ward.owner.release(0)


async def test_a_word_that_cannot_be_recorded_changes_nothing(ward: Ward) -> None:
    await ward.fails()
    ward.database.away = True
    for word in (ward.owner.acknowledge, ward.owner.resolve, ward.owner.release):
        with pytest.raises(StateUnavailable):
            await word(1)
    ward.database.away = False
    (found,) = ward.incidents.unresolved
    assert found == await ward.row()
    assert found.acknowledged is None


async def test_what_passes_and_fails_while_the_owner_speaks_is_not_closed(ward: Ward) -> None:
    await ward.fails()
    write = ward.ledger.note

    async def slow(*args: Any, **kwargs: Any) -> int:
        found = await write(*args, **kwargs)
        ward.ledger.note = write  # type: ignore[method-assign]
        await ward.passes()
        await ward.fails("it hangs again")
        return found

    ward.ledger.note = slow  # type: ignore[method-assign]
    await ward.owner.resolve(1)
    (found,) = ward.incidents.unresolved
    assert (found.id, found.status, found.by_owner) == (1, IncidentStatus.OPEN, False)
    assert await ward.row() == found
