"""Whether the owner can be told, and what looks like somebody trying doors."""

from dataclasses import replace

from tarsd.catalogue.alerts import ChannelFails, ManyRefusals
from tarsd.catalogue.check import Status
from tarsd.catalogue.views import ChannelView, DaemonView
from tarsd.observe.refused import Refused
from tests.unit.worlds import Surroundings, found, the_one


async def test_a_channel_that_takes_nothing_is_told_after_its_hiccups(around: Surroundings) -> None:
    views = (
        ChannelView("phone", 299.0, "it answers HTTP 500"),
        ChannelView("mail", 301.0, "it answers HTTP 500"),
        ChannelView("chat", parked=2),
        ChannelView("manager"),
    )
    world = replace(around.world(), daemon=DaemonView(channels=views))
    findings = {it.subject: it for it in await found(ChannelFails(), world)}
    assert {name: it.status.value for name, it in findings.items()} == {
        "phone": "pass",
        "mail": "warn",
        "chat": "warn",
        "manager": "pass",
    }
    assert findings["mail"].fix == "tarsctl alerts test mail"
    assert "5 min 1 s: it answers HTTP 500" in findings["mail"].summary
    assert findings["chat"].fix == "tarsctl alerts outbox"


async def test_many_refusals_are_told_with_who_it_is_and_end_by_themselves(
    around: Surroundings,
) -> None:
    now = 0.0
    refused = Refused(lambda: now)
    for number in range(25):
        now = float(number)
        refused.note("192.168.1.7" if number % 3 else "uid 1000 on the socket")
    world = replace(around.world(), daemon=DaemonView(refused=refused.lately()))
    finding = await the_one(ManyRefusals(), world)
    assert finding.status is Status.WARN
    assert "25 refusals" in finding.summary
    assert "192.168.1.7" in finding.summary
    now = 606.0
    world = replace(world, daemon=DaemonView(refused=refused.lately()))
    assert (await the_one(ManyRefusals(), world)).status is Status.PASS


async def test_only_a_daemon_knows(around: Surroundings) -> None:
    assert not ChannelFails().applies(around.world())
    assert not ManyRefusals().applies(around.world())
