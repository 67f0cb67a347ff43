"""Whether the owner can be told."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.times import words

FAILING = 300.0
"""Seconds: a channel's own hiccup is over by then, and it was tried six times."""


class ChannelFails(Check):
    """A channel takes no messages: what happens meanwhile is told late, and only on the others."""

    id = "alerts.channel"
    subject = "alerts"
    severity = Status.WARN
    warns = True
    every = 0
    about = About(
        what="A channel of `[alerts]` takes no messages, or none in the form of one of them",
        seen="Every try for 5 minutes failed, or a message was refused five times, also in its plainest form",
        why="You are told of incidents later than you think, or on your other channels only",
        we="It tries again, at last every 5 minutes, for 7 days; nothing of what waits is lost, also when tarsd or the "
        "machine restarts. What is wrong with a channel is told on the others",
        you="Look why, give it another address if it has a new one, and try it",
        commands=(
            "tarsctl alerts list",
            "sudo tarsctl alerts url CHANNEL",
            "tarsctl alerts test CHANNEL",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where the daemon itself asks."""
        return world.daemon is not None

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each channel."""
        assert world.daemon is not None
        found: list[Finding] = []
        for channel in world.daemon.channels:
            if channel.failing >= FAILING:
                text = f"takes no messages for {words(channel.failing)}: {channel.why or 'unknown'}"
                fix = f"tarsctl alerts test {channel.name}"
                found.append(self.warn(text, fix, subject=channel.name))
            elif channel.parked:
                text = f"refuses {channel.parked} of what it was to be told, in any form"
                found.append(self.warn(text, "tarsctl alerts outbox", subject=channel.name))
            else:
                found.append(self.passed("it takes messages", subject=channel.name))
        return found


CHECKS: tuple[Check, ...] = (ChannelFails(),)
