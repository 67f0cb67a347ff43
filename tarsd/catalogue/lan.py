"""The LAN's listener: whether it listens, with a certificate that browsers take, and whether somebody guesses passwords."""

import time

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.views import LanView

SOON = 14 * 24 * 3600
"""Seconds before its end in which the owner of a certificate is told; ours is replaced months earlier."""

GUESSES = 20
"""Wrong passwords within ten minutes that no person types."""

STATUS = "tarsctl ops status"


class _LanCheck(Check):
    """Of what the daemon knows of its own listener."""

    subject = "lan"
    every = 60.0
    own_words = True

    def applies(self, world: World) -> bool:
        """Only where the daemon itself asks, and is to listen."""
        return world.daemon is not None and world.daemon.lan.mode != "off"

    def _view(self, world: World) -> LanView:
        assert world.daemon is not None
        return world.daemon.lan


class LanListening(_LanCheck):
    """What the LAN is to ask cannot be asked: nothing listens, or not on every address."""

    id = "lan.listening"
    about = About(
        what="The operations page and its API cannot be reached, or not by every address",
        seen="tarsd opens a port (`ops.port`, 8443) on each address of the interfaces that lead out, or that "
        "`ops.interfaces` names, and looks every 15 s whether they still are the same",
        why="Whoever looks at this machine from the LAN, a person or a tool such as Prometheus, sees nothing",
        we="It tries again every 15 s; the stack is not touched by that",
        you="See who has the port, or name another interface or port under [ops] in the settings",
        commands=("tarsctl ops status", "sudo ss -ltnp sport = :8443", "ip -brief address"),
    )

    async def ask(self, world: World) -> Finding:
        """What the last look found."""
        view = self._view(world)
        if view.trouble is not None:
            return self.fail(view.trouble, view.fix or STATUS)
        if view.unheard:
            told = [f"{it}: {why}" for it, why in sorted(view.unheard.items())]
            return self.fail(
                f"does not listen on {told[0]}",
                f"sudo ss -ltnp sport = :{view.port}",
                evidence=told,
            )
        if not view.addresses:
            return self.unknown("it is about to begin")
        return self.passed(f"listens on {', '.join(view.addresses)}")


class LanCertificate(_LanCheck):
    """The certificate is over, ends soon, or is not for every name of this machine: browsers warn, tools refuse."""

    id = "lan.certificate"
    warns = True
    about = About(
        what="The certificate of the operations page is over, ends soon, cannot be used, or does not fit this machine",
        seen="Its end, and the names and addresses that it is for, are compared with the clock and with those of this "
        "machine",
        why="Browsers warn of it, and tools such as Prometheus refuse to ask",
        we="One of its own CA is replaced by itself, months before its end and whenever names or addresses change. Where "
        "yours cannot be used, one of its own CA is shown instead",
        you="Put a new certificate of your own in its place: it is taken over within 15 s. Where this machine has a new "
        "name, its CA has to be made anew, and trusted anew",
        commands=("tarsctl ops status", "sudo tarsctl ops ca --new", "timedatectl"),
    )

    async def ask(self, world: World) -> Finding:
        """What is shown, against the clock."""
        view = self._view(world)
        if view.expires is None:
            return self.unknown("none is shown yet")
        left = view.expires - time.time()
        if left <= 0:
            return self.fail("has ended; browsers and tools refuse it", STATUS)
        if view.certificate_trouble is not None:
            return self.warn(view.certificate_trouble, view.fix or STATUS)
        if left < SOON:
            return self.warn(f"ends in {left / 86400:.0f} days", STATUS)
        names = [it for it in view.left_out if not _is_address(it)]
        if names:
            return self.warn(
                f"is not for {', '.join(names)}: the CA was made for other names",
                "sudo tarsctl ops ca --new",
            )
        return self.passed(f"lasts {left / 86400:.0f} more days")


class LanGuessing(_LanCheck):
    """Somebody on the LAN tries passwords, faster than a person mistypes."""

    id = "lan.guessing"
    severity = Status.WARN
    warns = True
    about = About(
        what="Somebody on the LAN tries passwords at the operations page",
        seen=f"{GUESSES} wrong passwords or more within ten minutes, from any number of addresses",
        why="The password has 192 random bits unless you chose another, so guessing is hopeless; but a device in your home "
        "does what it should not",
        we="An address waits longer after each failure, a minute at most; you are never locked out. Addresses are in the "
        "audit log and in the journal",
        you="Find the device by its address. Where you chose a short password, replace it",
        commands=(
            "journalctl -u tarsd -g lan.refused",
            "sudo tarsctl secrets rotate admin-password",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """What was counted."""
        guesses = self._view(world).guesses
        if guesses >= GUESSES:
            return self.warn(
                f"{guesses} wrong passwords within ten minutes",
                "journalctl -u tarsd -g lan.refused",
            )
        return self.passed("nobody guesses")


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


CHECKS: tuple[Check, ...] = (LanListening(), LanCertificate(), LanGuessing())
