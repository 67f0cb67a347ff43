"""Whether the owner can be told."""

from dataclasses import replace

from tarsd.catalogue.alerts import ChannelFails
from tarsd.catalogue.views import ChannelView, DaemonView
from tests.unit.worlds import Surroundings, found


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


async def test_only_a_daemon_knows(around: Surroundings) -> None:
    assert not ChannelFails().applies(around.world())
