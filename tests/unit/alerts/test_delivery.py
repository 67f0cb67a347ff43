"""Delivery: every incident's beginning and end arrives once, whatever happens in between."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.host.delivery import Ended
from tarsd.settings import Channel
from tests.unit.alerts.town import DOWN, SECRET, SENT, Town


async def test_a_fault_and_its_end_are_told_once_each(town: Town) -> None:
    await town.fails("it hangs")
    await town.pass_(19)
    assert town.world.bodies() == [], "most is mended by then"
    await town.pass_(1)
    (opened,) = town.world.bodies()
    assert "tars: Problem: redis: it hangs" in opened
    assert "What to do: tarsctl logs redis" in opened
    assert "tarsctl incidents show 1 (service.hung)" in opened
    assert "Late" not in opened
    await town.pass_(100)
    await town.passes()
    await town.pass_(60)
    assert len(town.world.bodies()) == 2
    assert "Well again: redis: it hangs" in town.world.bodies()[1]
    assert "(2 min)" in town.world.bodies()[1]
    await town.pass_(7200, step=30)
    assert len(town.world.got) == 2


@pytest.mark.parametrize("told_first", [True, False])
@pytest.mark.parametrize("killed", [True, False])
async def test_an_outage_that_is_known_better_meanwhile_is_told_once(
    town: Town, told_first: bool, killed: bool
) -> None:
    """Nobody is told that it is well again while it goes on under another name."""
    await town.incidents.take([Finding("service.exited", "redis", Status.FAIL, "it has ended")])
    await town.pass_(30 if told_first else 5)
    loop = Finding("service.crash-loop", "redis", Status.FAIL, "it ends again and again")
    await town.incidents.take([loop])
    await town.pass_(5)
    if killed:
        await town.restart()
        await town.incidents.take([loop])
    await town.pass_(300)
    (body,) = town.world.bodies()
    assert ("it has ended" in body) is told_first
    await town.incidents.take([replace(loop, status=Status.PASS)])
    await town.pass_(90)
    _, end = town.world.bodies()
    assert "Well again: redis: it ends again and again" in end


async def test_what_is_mended_at_once_is_not_told(town: Town) -> None:
    await town.fails()
    await town.pass_(15)
    await town.passes()
    await town.pass_(300)
    assert town.world.got == []


async def test_what_comes_back_within_a_minute_was_never_away(town: Town) -> None:
    await town.fails()
    await town.pass_(30)
    for _ in range(3):
        await town.passes()
        await town.pass_(20)
        await town.fails()
        await town.pass_(20)
    assert len(town.world.got) == 1


async def test_what_comes_back_after_its_end_was_told_is_told_again(town: Town) -> None:
    await town.fails()
    await town.pass_(30)
    await town.passes()
    await town.pass_(90)
    await town.fails()
    await town.pass_(30)
    await town.passes()
    await town.pass_(90)
    kinds = [body.split(": ")[1] for body in town.world.bodies()]
    assert kinds == ["Problem", "Well again", "Problem", "Well again"]


@pytest.mark.parametrize("killed_at", [(5.0, 130.0), (21.0, 340.0), (200.0, 201.0)])
async def test_a_channel_that_is_down_for_ten_minutes_is_told_everything_once(
    town: Town, killed_at: tuple[float, float]
) -> None:
    """tarsd is killed twice meanwhile; three services fail, two of them are well again before the channel is."""
    town.world.ways["phone"] = DOWN
    happens = {
        0.0: ("redis", "fails"),
        100.0: ("webui", "fails"),
        180.0: ("redis", "passes"),
        250.0: ("ollama", "fails"),
        400.0: ("webui", "passes"),
    }
    for second in range(601):
        if second in happens:
            subject, what = happens[second]
            await getattr(town, what)(subject=subject)
        if second in killed_at:
            await town.restart()
        await town.pass_(1)
    assert town.world.got == []
    assert len(town.world.tried) < 40, "it is asked less and less often"
    town.world.ways["phone"] = SENT
    await town.pass_(300)
    said = "\n".join(town.world.bodies())
    for subject in ("redis", "webui", "ollama"):
        assert said.count(f"\nProblem: {subject}: it hangs") == 1
    for subject in ("redis", "webui"):
        assert said.count(f"\nWell again: {subject}: it hangs") == 1
    assert "Late: seen 03:12, sent 03:" in said
    assert len(town.world.got) == 1, "what waited comes in one message"
    await town.restart()
    await town.passes("ollama")
    await town.pass_(3600, step=10)
    assert len(town.world.got) == 2
    assert "Well again: ollama" in town.world.bodies()[1]


async def test_killed_after_the_channel_took_it_the_receipt_is_believed(town: Town) -> None:
    await town.fails()
    await town.pass_(19)
    town.world.cut = True
    await town.pass_(1)
    assert len(town.world.got) == 1
    town.world.cut = False
    await town.restart()
    await town.pass_(600)
    assert len(town.world.got) == 1
    assert town.states() == ["opened sent"]
    assert town.world.kept == set(), "receipts are not kept for ever"


async def test_killed_before_it_took_it_it_is_sent_again_and_says_so(town: Town) -> None:
    await town.fails()
    await town.pass_(19)
    town.world.cut = True
    town.world.ways["phone"] = DOWN
    await town.pass_(1)
    town.world.cut = False
    town.world.ways["phone"] = SENT
    await town.restart()
    await town.pass_(5)
    assert "You may have this twice" in town.world.bodies()[0]


async def test_what_began_and_ended_while_it_was_killed_is_told(town: Town) -> None:
    """The ledger had taken both, the outbox neither."""
    await town.fails()
    town.later(90)
    await town.passes()
    await town.restart()
    await town.pass_(2)
    assert town.states() == ["opened sent", "resolved sent"]


async def test_a_channel_that_is_new_is_told_what_is_open_and_nothing_that_is_over(
    tmp_path: Path,
) -> None:
    town = Town(tmp_path / "state.db")
    town.settings = town.settings.model_copy(update={"channels": {}})
    await town.start()
    await town.fails()
    await town.fails(subject="webui")
    await town.pass_(60)
    await town.passes()
    await town.pass_(120)
    town.settings = town.settings.model_copy(update={"channels": {"phone": Channel()}})
    await town.pass_(5)
    await town.restart()
    await town.pass_(5)
    (body,) = town.world.bodies()
    assert "Problem: webui" in body
    assert "redis" not in body
    await town.stop()


@pytest.mark.parametrize(
    ("ended", "wait"),
    [
        (Ended("later", "it answers HTTP 500"), 5),
        (Ended("later", "it answers HTTP 429", 120.0), 120),
        (Ended("wrong", "it answers HTTP 404: the address or its password is not right"), 900),
        (Ended("later", "a web page answers, not the channel: a portal, or another server"), 5),
    ],
)
async def test_it_waits_as_long_as_the_answer_asks_for(
    town: Town, ended: Ended, wait: float
) -> None:
    town.world.answers["phone"] = [ended]
    await town.fails()
    await town.pass_(20)
    assert len(town.world.tried) == 1
    await town.pass_(wait - 1)
    assert len(town.world.tried) == 1
    await town.pass_(2)
    assert len(town.world.got) == 1
    assert town.log.events().count("alerts.unsent") == 1


async def test_what_was_sent_and_not_answered_says_that_it_may_come_twice(town: Town) -> None:
    town.world.answers["phone"] = [Ended("silent", "it does not answer within 10 s")]
    await town.fails()
    await town.pass_(30)
    assert "You may have this twice" in town.world.bodies()[0]


async def test_one_that_is_refused_does_not_stand_in_the_way(town: Town) -> None:
    refused = Ended("refused", "it does not take this message (HTTP 400)")
    await town.fails("bad news", subject="redis")
    await town.fails("worse news", subject="webui")
    real = town.world.carry

    async def picky(channel: str, told: dict[str, str], message: str | None = None) -> Ended:
        bad = "redis" in told["title"] + told["body"]
        town.world.answers[channel] = [refused if bad else SENT]
        return await real(channel, told, message)

    town.world.carry = picky  # type: ignore[method-assign]
    await town.pass_(30)
    assert len(town.world.got) == 1
    assert "Problem: webui" in town.world.bodies()[0]
    await town.pass_(3600, step=5)
    assert "opened parked" in town.states()
    assert town.log.events().count("alerts.parked") == 1
    assert any("tarsctl alerts outbox" in it["body"] for _, it in town.world.tried)
    assert town.alerts.views()[0].parked == 1
    town.world.carry = real  # type: ignore[method-assign]
    assert town.alerts.anew("phone") == 1
    await town.pass_(5)
    assert "Problem: redis" in town.world.bodies()[-1]


async def test_a_message_refused_as_it_is_is_sent_in_plain_words(town: Town) -> None:
    refused = Ended("refused", "it does not take this message (HTTP 413)")
    town.world.answers["phone"] = [refused, refused]
    await town.fails("schlägt fehl " * 300)
    await town.pass_(600)
    (body,) = town.world.bodies()
    assert body == "tars: alert\nincident 1 opened: service.hung redis. See: tarsctl alerts outbox"


async def test_the_disk_is_away_and_it_is_told_all_the_same(town: Town) -> None:
    """A full disk is what many messages are about."""
    town.database.away = True
    await town.fails("No space left on device", subject="/")
    await town.pass_(40)
    assert len(town.world.got) == 1
    assert town.outbox.unwritten == 1
    assert town.log.events().count("alerts.unrecorded") == 1
    town.database.away = False
    await town.incidents.load()  # as its upkeep does
    await town.pass_(5)
    assert town.outbox.unwritten == 0
    await town.restart()
    await town.pass_(600)
    assert len(town.world.got) == 1


async def test_the_records_are_lost_and_what_was_told_is_ended(town: Town) -> None:
    """An older copy of the ledger took its place: nobody else would ever say that it is over."""
    await town.fails()
    await town.pass_(30)
    await town.outbox.flush()
    await town.database.call(lambda c: c.execute("DELETE FROM incident"))
    await town.restart()
    await town.pass_(120)
    assert "there is no record of it any more" in town.world.bodies()[-1]
    assert len(town.world.got) == 2


@pytest.mark.parametrize("hours", [-26.0, 26.0, 24 * 40.0])
async def test_the_clock_jumps_and_nothing_is_lost_or_told_twice(town: Town, hours: float) -> None:
    town.world.ways["phone"] = DOWN
    await town.fails()
    await town.pass_(60)
    town.clock_jumps(hours)
    await town.pass_(30)
    await town.restart()
    town.world.ways["phone"] = SENT
    await town.pass_(400)
    assert len(town.world.got) == 1
    await town.passes()
    await town.pass_(120)
    assert "Well again" in town.world.bodies()[-1]
    assert len(town.world.got) == 2


async def test_a_clock_that_is_put_back_lets_nothing_wait_for_days(town: Town) -> None:
    town.world.answers["phone"] = [Ended("refused", "it does not take this message (HTTP 400)")]
    await town.fails()
    await town.pass_(21)
    town.clock_jumps(-26)
    await town.pass_(90)
    assert len(town.world.got) == 1


async def test_what_cannot_be_told_for_a_week_is_parked(town: Town) -> None:
    town.world.ways["phone"] = DOWN
    await town.fails()
    await town.pass_(3600 * 24 * 7 + 600, step=300)
    assert "opened parked" in town.states()
    town.world.ways["phone"] = SENT
    town.alerts.anew("phone")
    await town.pass_(2)
    assert "Problem: redis" in "\n".join(town.world.bodies())


async def test_what_waits_for_a_channel_that_was_removed_is_dropped(town: Town) -> None:
    town.world.ways["phone"] = DOWN
    await town.fails()
    await town.pass_(60)
    town.settings = town.settings.model_copy(update={"channels": {}})
    await town.pass_(2)
    assert town.states() == ["opened dropped"]
    assert not town.outbox.live


async def test_no_secret_leaves_the_machine(town: Town) -> None:
    await town.fails(f"FATAL: password {SECRET} is wrong")
    await town.pass_(30)
    (body,) = town.world.bodies()
    assert "[secret]" in body
    assert SECRET not in body
