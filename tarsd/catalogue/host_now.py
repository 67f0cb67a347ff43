"""What befalls a machine that is otherwise well: memory runs short, the clock jumps."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.host import SETTLING
from tarsd.times import words


class HostMemory(Check):
    """Everything waits for memory a good part of the time: the machine swaps, or reads its programs from disk anew."""

    id = "host.memory"
    subject = "machine"
    every = 60.0
    triggers = frozenset({Trigger.SETTINGS})
    severity = Status.WARN
    warns = True
    about = About(
        what="The machine is short of memory, so that everything on it stands still again and again",
        seen="/proc/pressure/memory: for more than `[monitor] memory_stall` (10 %) of the last minute all work waited for "
        "memory, to be swapped in or read from disk anew. Kernels that do not tell are not asked",
        why="Answers take many times as long, probes run into their deadlines, and in the end the kernel kills a service",
        we="Nothing is stopped for it. While all services are silent at once none is restarted (machine.stalled), and one "
        "that the kernel has killed is started again (service.oom)",
        you="See what takes the memory. Use a smaller model or a shorter context, end what else runs, or add memory",
        commands=(
            "cat /proc/pressure/memory",
            "tarsctl status",
            "ps -eo rss,pid,comm --sort=-rss | head",
            "tarsctl models list",
        ),
    )

    def applies(self, world: World) -> bool:
        """Not on a kernel without such figures."""
        return world.condition.memory_stall() is not None

    async def ask(self, world: World) -> Finding:
        """Read the kernel's average of a minute."""
        stall = world.condition.memory_stall() or 0.0
        if stall > world.settings.monitor.memory_stall:
            return self.warn(
                f"all work waited for memory {stall:.0f} % of the last minute",
                "ps -eo rss,pid,comm --sort=-rss | head; tarsctl models list",
            )
        return self.passed(f"work waited for memory {stall:.0f} % of the last minute")


class ClockJump(Check):
    """The clock on the wall was put forward or back while the machine ran."""

    id = "clock.jump"
    subject = "machine"
    every = 0.0
    severity = Status.WARN
    warns = True
    about = About(
        what="The clock was put forward or back by more than a minute while the machine ran",
        seen="In each round it is compared with the clock that counts from the boot, sleep included, which nobody can set; "
        "told for an hour. Not in the first ten minutes after a boot, in which a machine without a battery gets its time",
        why="Tokens and certificates are valid by that clock, and the times in logs and incidents of before and after do "
        "not fit together",
        we="Nothing: deadlines and pauses of tarsd run on the other clock, and times of the future that are on record "
        "count for nothing",
        you="If you have set it yourself, nothing. Otherwise see what keeps it; a machine that loses its time when it is "
        "switched off needs a new battery on its board",
        commands=(
            "timedatectl",
            "journalctl -u systemd-timesyncd -u chrony",
            "sudo hwclock --show",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Compare the two clocks."""
        jump = world.condition.wall.jump()
        if jump is None or world.condition.up_for() - jump.ago < SETTLING:
            return self.passed("no jump was seen within the last hour")
        way = "forward" if jump.by > 0 else "back"
        return self.warn(
            f"the clock was put {way} by {words(abs(jump.by))}, {words(jump.ago)} ago",
            "timedatectl; journalctl -u systemd-timesyncd -u chrony",
        )


CHECKS: tuple[Check, ...] = (HostMemory(), ClockJump())
