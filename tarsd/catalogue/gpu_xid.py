"""Errors of cards that the driver writes into the kernel's log, by NVIDIA's numbers (Xid)."""

from collections.abc import Mapping, Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.gpu_check import REBOOT, GpuCheck, not_now, users
from tarsd.catalogue.gpu_remedies import GpuRestart
from tarsd.catalogue.views import ServiceView
from tarsd.host.kernel_notes import Xid

APPLICATION = frozenset({13, 31, 32, 69, 94})
"""A program's own error, or one that ended with it: its restart is all that it takes."""

HARMLESS = frozenset({43, 45, 63})
"""Alone: a program that was ended, or a memory row that was replaced."""

RESET = frozenset({46, 62, 64, 95, 109, 110, 119, 120, 140, 143, 158})
ALONE: Mapping[int, str] = {
    48: "its memory had an error that cannot be corrected; reboot",
    54: "its extra power cable is not plugged in, or gives too little",
    79: "it has fallen off the bus",
}

RECENT = 3600.0
"""Seconds for which an error that no program is known for is told."""


class GpuXid(GpuCheck):
    """A card has had an error since this boot."""

    id = "gpu.xid"
    after = ("gpu.no-module",)
    remedies = (GpuRestart(),)
    about = About(
        what="The driver has reported an error of a card, with NVIDIA's number for it (Xid)",
        seen="Lines `NVRM: Xid` of the kernel's log since this boot, followed as they come; 43, 45 and 63 alone "
        "are passed over",
        why="After some, the program that was computing must be started again; after others the card computes nothing, or "
        "computes wrongly, until it was reset",
        we="After 13, 31, 32, 69 and 94 of the model server: one restart, once it is idle, if it has not been "
        "restarted since. "
        "After all others: nothing",
        you="After 46, 62, 64, 95, 109, 110, 119, 120, 140, 143 or 158 reset the card or reboot; after 48 "
        "reboot; after 54 see to "
        "its power cable",
        commands=("journalctl -k -g 'NVRM: Xid'", REBOOT),
    )

    async def ask(self, world: World) -> Sequence[Finding]:
        """What the kernel has logged; no card is asked."""
        if not world.kernel.followed:
            return [self.unknown("the kernel's log is not followed: it cannot be opened here")]
        xids = world.kernel.xids()
        return [self._of_the_card(xids), *(self._of_one(view, xids) for view in users(world))]

    def _of_the_card(self, xids: Sequence[Xid]) -> Finding:
        """What only a reset or hands can mend stays until the next boot."""
        grave = [it for it in xids if it.number in RESET or it.number in ALONE]
        lines = [it.note.text for it in xids[-5:]]
        if grave:
            it = grave[-1]
            words = ALONE.get(it.number, "it must be reset before it computes rightly again")
            fix = REBOOT if it.number != 54 else "sudo poweroff; plug the card's power cable in"
            return self.fail(
                f"the card {it.card} has had Xid {it.number}: {words}", fix, evidence=lines
            )
        known = HARMLESS | APPLICATION
        new = [it for it in xids if it.number not in known and it.note.age < RECENT]
        if new:
            words = f"the card {new[-1].card} has had Xid {new[-1].number}"
            return self.warn(words, "journalctl -k -g 'NVRM: Xid'", evidence=lines)
        return self.passed(
            "no error of a card since this boot that would not be over", evidence=lines
        )

    def _of_one(self, view: ServiceView, xids: Sequence[Xid]) -> Finding:
        """An error that names a program of the model server's, since this start of it."""
        reason = not_now(view)
        if reason is not None:
            return Finding(self.id, view.name, Status.SKIP, reason)
        mine = [
            it
            for it in xids
            if it.number in APPLICATION
            and "ollama" in (it.process or "")
            and (view.age is None or it.note.age < view.age)
        ]
        if view.service.role != "llm" or not mine:
            return self.passed("no error of its own on a card since its start", subject=view.name)
        words = (
            f"Xid {mine[-1].number} while it was computing: its process on the card may be broken"
        )
        fix = f"tarsctl restart {view.name}"
        return self.fail(words, fix, subject=view.name, evidence=[it.note.text for it in mine[-5:]])


CHECKS: tuple[Check, ...] = (GpuXid(),)
