"""tarsd itself: whether who looks after everything else is well."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.times import words

TARSD = "tarsd.service"

LATE = 5.0
"""Seconds: from here on answers of tarsd's are late enough to be noticed (`monitor.probe_deadline` is as long)."""


class TarsdSlow(Check):
    """tarsd stood still for seconds: it saw, answered and mended nothing meanwhile."""

    id = "tarsd.slow"
    subject = "tarsd"
    severity = Status.WARN
    about = About(
        what="tarsd stood still for seconds within the last ten minutes",
        seen="Its loop looks at the clock every 5 s, and was late by 5 s or more",
        why="It saw, answered and mended nothing meanwhile. What it had asked just then counts for nothing, so no "
        "service is blamed for that",
        we="Nothing at first. If it stands still for two minutes, systemd's watchdog restarts it; the stack is not "
        "touched by that, and records and wishes are on disk",
        you="Look whether the machine was short of something. If it was not, that is a defect of tarsd: please report it",
        commands=("uptime", "cat /proc/pressure/*", "journalctl -u tarsd -p warning"),
    )

    def applies(self, world: World) -> bool:
        """Only where the daemon itself asks."""
        return world.daemon is not None

    async def ask(self, world: World) -> Finding:
        """What the daemon knows of its own loop."""
        assert world.daemon is not None
        late = world.daemon.late
        if late >= LATE:
            return self.warn(
                f"stood still for {words(late)} within the last ten minutes",
                "uptime; cat /proc/pressure/*; journalctl -u tarsd -p warning",
            )
        return self.passed("its loop turns")


class TarsdRecords(Check):
    """tarsd's records cannot be read or written, so no change is begun and nothing mended; or they had to be replaced."""

    id = "tarsd.records"
    subject = "tarsd"
    about = About(
        what="tarsd's records, /var/lib/tars-home/state.db, cannot be read or written, or had to be replaced",
        seen="The last attempt to use the database failed, or it was damaged and the last good copy took its place",
        why="What cannot be recorded first is not done: no change begins, and nothing is mended. Watching and "
        "telling go on",
        we="It tries again every half minute, and takes over by itself when the disk answers again",
        you="Make room on the disk, or look why it is read-only",
        commands=("df -h /var/lib/tars-home", "df -i /var/lib/tars-home", "journalctl -k -n 50"),
    )

    def applies(self, world: World) -> bool:
        """Only where the daemon itself asks."""
        return world.daemon is not None

    async def ask(self, world: World) -> Finding:
        """What the daemon knows of its database."""
        assert world.daemon is not None
        trouble = world.daemon.trouble
        if trouble is not None:
            tell = self.warn if trouble.writable else self.fail
            return tell(trouble.message, trouble.fix)
        return self.passed("its records are in order")


class TarsdJobs(Check):
    """A job of tarsd's could not be stopped: most often it hangs in the kernel, on a disk, a NAS or a GPU."""

    id = "tarsd.jobs"
    subject = "tarsd"
    severity = Status.WARN
    about = About(
        what="Work that tarsd has given up could not be stopped and may still be running",
        seen="A unit `tars-job-*` that ran past its deadline is not gone 15 s after it was told to end",
        why="A process that hangs in the kernel, most often on a disk, a NAS or a GPU, cannot be killed. The same "
        "question is not asked again beside it, so its answers are missing",
        we="It abandons that job, in a unit of its own where it harms nobody, and tries to stop it before the next "
        "of its kind",
        you="Mend what it hangs on. A reboot ends it for certain",
        commands=("systemctl list-units 'tars-job-*'", "journalctl -k -n 50"),
    )

    def applies(self, world: World) -> bool:
        """Only where the daemon itself asks."""
        return world.daemon is not None

    async def ask(self, world: World) -> Finding:
        """What the daemon knows of its jobs."""
        assert world.daemon is not None
        strays = world.daemon.strays
        if strays:
            shown = strays[0] if len(strays) == 1 else f"{strays[0]} and {len(strays) - 1} more"
            return self.warn(
                f"{shown} could not be stopped and may be running",
                f"systemctl status {strays[0]}; journalctl -k -n 50",
                evidence=strays,
            )
        return self.passed("no job of its was left behind")


class TarsdRestarted(Check):
    """tarsd died, or was killed by its watchdog, and systemd started it again."""

    id = "tarsd.restarted"
    subject = "tarsd"
    severity = Status.WARN
    about = About(
        what="tarsd has died, or its watchdog killed it, and systemd started it again",
        seen="systemd counts restarts of tarsd.service by itself (NRestarts); an update or a restart of your own "
        "sets that to nothing",
        why="It should never die. Nothing is lost by it: the stack runs on, and changes and incidents are on disk",
        we="It goes on where it was: changes are resumed or undone, incidents taken over",
        you="Its journal says why it ended. Please report it, with that journal",
        commands=("journalctl -u tarsd -e", "sudo systemctl restart tarsd"),
    )

    async def ask(self, world: World) -> Finding:
        """Ask systemd."""
        deaths = await world.units.restarts(TARSD)
        if deaths:
            times = "once" if deaths == 1 else f"{deaths} times"
            return self.warn(f"has died {times}, and was started again", "journalctl -u tarsd -e")
        return self.passed("has not died")


CHECKS: tuple[Check, ...] = (TarsdSlow(), TarsdRecords(), TarsdJobs(), TarsdRestarted())
