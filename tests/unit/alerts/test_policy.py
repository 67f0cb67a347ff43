"""Who is told, and when not: severity, patterns, quiet hours, silences, reminders, rate, causes."""

import re
from pathlib import Path

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.settings import Alerts, Channel
from tests.unit.alerts.town import DOWN, SENT, Town


async def town_with(tmp_path: Path, **channels: Channel) -> Town:
    made = Town(tmp_path / "state.db", **channels)
    await made.start()
    return made


async def test_each_channel_is_told_what_it_wants(tmp_path: Path) -> None:
    town = await town_with(
        tmp_path,
        phone=Channel(severity="fail"),
        mail=Channel(),
        cards=Channel(faults=("gpu.*",)),
    )
    await town.take(Status.WARN, "it is slow", "redis", warns=True)
    await town.pass_(30)
    assert [len(town.world.bodies(it)) for it in ("phone", "mail", "cards")] == [0, 1, 0]
    await town.fails(subject="webui")
    await town.incidents.take([Finding("gpu.gone", "0", Status.FAIL, "it is gone")])
    await town.pass_(30)
    assert [len(town.world.bodies(it)) for it in ("phone", "mail", "cards")] == [1, 2, 1]
    await town.stop()


async def test_a_channel_is_not_told_that_it_does_not_work(tmp_path: Path) -> None:
    town = await town_with(tmp_path, phone=Channel(), mail=Channel())
    fault = Finding("alerts.channel", "phone", Status.WARN, "takes no messages")
    await town.incidents.take([fault], {"alerts.channel"})
    await town.pass_(30)
    assert town.world.bodies("phone") == []
    assert "Problem: phone: takes no messages" in town.world.bodies("mail")[0]
    await town.stop()


async def test_quiet_hours_hold_what_is_still_so_and_drop_what_is_over(tmp_path: Path) -> None:
    town = await town_with(tmp_path, phone=Channel(quiet="22:00-07:00"))  # it is 03:12
    await town.fails()
    await town.fails(subject="webui")
    await town.pass_(600)
    await town.passes("webui")
    await town.pass_(3600 * 3, step=10)
    assert town.world.got == []
    assert "opened dropped" in town.states()
    await town.pass_(3600, step=10)
    (body,) = town.world.bodies()
    assert "Problem: redis" in body
    assert "Late: seen 03:12, sent 07:0" in body
    assert "webui" not in body
    await town.stop()


async def test_quiet_hours_may_let_through_what_is_bad(tmp_path: Path) -> None:
    town = await town_with(tmp_path, phone=Channel(quiet="22:00-07:00", quiet_lets="fail"))
    await town.take(Status.WARN, "it is slow", "redis", warns=True)
    await town.fails(subject="webui")
    await town.pass_(60)
    assert ["Problem: webui" in it for it in town.world.bodies()] == [True]
    await town.stop()


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [("22:00-07:00", True), ("03:00-03:12", False), ("03:12-03:13", True), ("04:00-22:00", False)],
)
async def test_the_hours_are_the_clocks(town: Town, hours: str, quiet: bool) -> None:
    town.settings = Alerts(channels={"phone": Channel(quiet=hours)}, wait_seconds=0)
    await town.fails()
    await town.pass_(0)
    assert (town.world.got == []) is quiet


async def test_a_silence_holds_what_fits_and_ends_by_itself(town: Town) -> None:
    made = await town.alerts.silence("service.*", "redis", 3600, "moving house")
    await town.fails()
    await town.fails(subject="webui")
    await town.pass_(60)
    assert ["redis" in it for it in town.world.bodies()] == [False]
    await town.restart()
    assert list(town.holds.silences) == [made.id]
    await town.pass_(3600, step=10)
    assert "Problem: redis" in town.world.bodies()[-1]
    assert not town.holds.silences
    await town.restart()
    assert not town.holds.silences


async def test_a_silence_can_be_lifted(town: Town) -> None:
    made = await town.alerts.silence("*", "*", 86400, "")
    await town.fails()
    await town.pass_(60)
    assert town.world.got == []
    await town.alerts.lift(made.id)
    await town.pass_(1)
    assert len(town.world.got) == 1


async def test_reminders_until_somebody_knows(town: Town) -> None:
    await town.fails()
    await town.pass_(3600 * 5, step=60)
    assert len(town.world.got) == 1
    await town.pass_(3600 * 2, step=60)
    assert "Still a problem: redis" in town.world.bodies()[1]
    await town.pass_(3600 * 10, step=60)
    assert len(town.world.got) == 2, "the next one after twice as long"
    await town.restart()
    await town.pass_(3600 * 7, step=60)
    assert len(town.world.got) == 3
    await town.owner.acknowledge(1)
    await town.pass_(3600 * 60, step=60)
    assert len(town.world.got) == 3


async def test_no_reminders_where_none_are_wanted(town: Town) -> None:
    town.settings = Alerts(channels={"phone": Channel()}, remind_hours=0)
    await town.fails()
    await town.pass_(3600 * 30, step=60)
    assert len(town.world.got) == 1


async def test_more_than_the_hours_share_is_told_together(tmp_path: Path) -> None:
    town = await town_with(tmp_path, phone=Channel(per_hour=3))
    for number in range(10):
        await town.fails(subject=f"service-{number}")
        await town.pass_(30)
    assert len(town.world.got) == 3
    await town.pass_(3600, step=5)
    assert len(town.world.got) == 4
    assert "(and 6 more)" in town.world.bodies()[3]
    await town.stop()


async def test_one_cause_is_one_message_and_told_first(town: Town) -> None:
    town.needs = {"webui": frozenset({"postgres"}), "postgres": frozenset()}
    await town.fails(subject="webui")
    await town.fails("it ended (exit code 137)", subject="postgres")
    await town.pass_(30)
    (body,) = town.world.bodies()
    assert body.startswith("tars: Problem: postgres: it ended (exit code 137) (and 1 more)")
    assert "Because of: postgres: it ended (exit code 137)" in body


async def test_much_at_once_is_told_with_a_line_each_and_nothing_is_cut_off(town: Town) -> None:
    names = [f"service-{it}" for it in range(20)]
    for name in names:
        await town.fails("it ended, and said: " + "much " * 80, subject=name)
    town.later(600)
    await town.pass_(30)
    (message,) = [it for _, it in town.world.got]
    assert message["body"] == message["short"]
    lines = message["body"].splitlines()
    assert {it.split()[1].rstrip(":") for it in lines} == set(names)
    assert all(re.search(r"\(\d+\) \d\d:\d\d$", it) for it in lines), (
        "its number, and that it is late"
    )
    assert len(message["body"]) + len(message["title"]) < 2000, "what Discord takes"


async def test_what_tarsd_did_is_told(town: Town) -> None:
    await town.fails()
    (incident,) = town.incidents.unresolved
    act = await town.incidents.begin(incident, "service.restart", "restart redis", counts=True)
    from tarsd.engine.incident import Outcome

    await town.incidents.did(incident, act, Outcome.DONE, "restarted redis", 1.0)
    await town.incidents.hold(incident, "three restarts did not help", 1800)
    await town.pass_(30)
    (body,) = town.world.bodies()
    assert "What tarsd did: restarted redis" in body
    assert "It has stopped trying for now: three restarts did not help" in body


async def test_an_alertmanager_hears_again_and_again_and_of_the_end(tmp_path: Path) -> None:
    town = await town_with(
        tmp_path, manager=Channel(kind="alertmanager", quiet="00:00-23:59", per_hour=1000)
    )
    await town.fails()
    await town.pass_(200)
    told = town.world.alerts()
    assert 3 <= len(told) <= 5
    labels = {"alertname": "TarsServiceHung", "instance": "tars", "fault": "service.hung",
              "subject": "redis", "severity": "critical"}  # fmt: skip
    assert all(it["labels"] == labels for it in told), "what it is known by never changes"
    assert {it["startsAt"] for it in told} == {"2026-11-22T03:12:00.000Z"}
    assert told[-1]["endsAt"] > "2026-11-22T03:19"
    await town.passes()
    await town.pass_(70)
    assert town.world.alerts()[-1]["endsAt"].startswith("2026-11-22T03:15:2")
    count = len(town.world.got)
    await town.pass_(600)
    assert len(town.world.got) == count
    await town.stop()


async def test_the_heartbeat_is_silent_while_something_is_wrong(town: Town) -> None:
    town.settings = Alerts(channels={"phone": Channel()}, heartbeat_minutes=5)
    await town.pass_(600)
    pings = [it for it in town.world.tried if it[0] == "heartbeat"]
    assert len(pings) == 3
    await town.fails()
    await town.pass_(900)
    assert len([it for it in town.world.tried if it[0] == "heartbeat"]) == 3
    assert "is open" in (town.alerts.beat.withheld or "")
    await town.passes()
    await town.pass_(60)
    assert len([it for it in town.world.tried if it[0] == "heartbeat"]) == 4


async def test_the_heartbeat_is_silent_while_nothing_can_be_told(town: Town) -> None:
    town.settings = Alerts(channels={"phone": Channel()}, heartbeat_minutes=5)
    town.world.ways["phone"] = DOWN
    await town.take(Status.WARN, "it is slow", warns=True)
    await town.pass_(1500)
    assert "phone" in (town.alerts.beat.withheld or "")
    assert town.alerts.views()[0].failing > 600
    town.world.ways["phone"] = SENT
    await town.pass_(400)
    assert town.alerts.beat.withheld is None
