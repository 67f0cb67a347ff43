"""tarsd itself: does it run, are its settings valid, is what it runs from whole?"""

from typing import cast

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.errors import GenerationDamaged
from tarsd.host.own_socket import answers

UNIT = "tarsd.service"
PACKAGE = "tars-home"

SHOWN = 5
"""Files that are named; the rest is counted."""


class StartTarsd(Remedy):
    """Who stopped it may have had a reason: it asks."""

    id = "tarsd.start"
    kind = Kind.CONFIRM

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"start {UNIT}"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.units.restart(UNIT)


class TarsdDown(Check):
    """Nobody watches the stack: what Docker does not restart stays down, and nobody says so."""

    id = "tarsd.down"
    subject = "tarsd"
    own_words = True
    about = About(
        what="tarsd does not answer, so nobody looks after the stack",
        seen="`tarsctl doctor` finds nobody on /run/tarsd/tarsd.sock within 2 seconds and looks for itself",
        why="Docker restarts what crashes; what hangs, lost its GPU or its NAS, or was never started stays as"
        " it is, and nobody is told",
        we="systemd restarts a tarsd that ends or stalls; one that was stopped stays stopped",
        you="start it, and read in its journal why it is not there",
        commands=("sudo systemctl restart tarsd", "journalctl -u tarsd -e"),
    )
    remedies = (StartTarsd(),)

    async def ask(self, world: World) -> Finding:
        """Whether this very question was asked by a daemon; if not, whether one answers on its socket by now."""
        if world.served or await answers(world.paths.socket):
            return self.passed("tarsd answers")
        return self.fail(
            "tarsd does not answer: nobody looks after the stack", f"sudo systemctl restart {UNIT}"
        )


class ConfigInvalid(Check):
    """A file of settings does not validate: tarsd goes on with the last good ones, and no new ones are taken."""

    id = "config.invalid"
    subject = "settings"
    deadline = 10.0
    about = About(
        what="A file of settings is not valid, so the last good settings are in force instead",
        seen="/etc/tars-home/tars-home.toml and /etc/tars-home/conf.d/*.toml are read as tarsd reads them; "
        "each error with its line",
        why="what you changed is not in force, and an install or a reload is refused",
        we="nothing: the files are yours. The last good settings stay in force",
        you="correct the line, then let tarsd read them",
        commands=("tarsctl config check", "sudo tarsctl config reload"),
    )

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each error."""
        error = await world.own.settings(world.paths)
        if error is None:
            return [self.passed("they are valid")]
        rows = cast("list[dict[str, object]]", error.details.get("errors") or [])
        return [self._one(row) for row in rows] or [self.fail(error.message, error.fix)]

    def _one(self, row: dict[str, object]) -> Finding:
        file, line, key = row.get("file"), row.get("line"), row.get("key")
        place = f"{file}:{line}" if line else str(file)
        named = f"{key}: " if key else ""
        return self.fail(
            f"{place}: {named}{row.get('message')}",
            f"sudo editor {file}" + (f"  (line {line})" if line else ""),
            subject=str(place),
        )


class GenerationWhole(Check):
    """The files that the stack runs from cannot be read: nothing can be started, and nobody knows what should run."""

    id = "stack.generation"
    subject = "stack"
    deadline = 10.0
    about = About(
        what="The current generation, which is what the stack runs from, cannot be read",
        seen="the files below /var/lib/tars-home/generations are read as tarsd reads them",
        why="containers run on, but none can be started or created again, and nothing is known of what should run",
        we="nothing: a generation is made by an install, never by the healer",
        you="install again, which makes a new one of the same settings and images and touches no data",
        commands=("sudo tarsctl install",),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Read it. No finding before an install."""
        try:
            number = await world.own.generation(world.paths)
        except GenerationDamaged as error:
            return [self.fail(error.message, error.fix)]
        return [] if number is None else [self.passed(f"generation {number}")]


class PackageIntegrity(Check):
    """Files of the package are gone or changed: what runs is not what was released."""

    id = "package.integrity"
    subject = "package"
    own_words = True
    deadline = 10.0
    about = About(
        what="Files that the package installed are gone, or are not what was installed",
        seen="dpkg's list of checksums: every file is there, and one that was touched after the installation "
        "still has its checksum. What "
        "you may edit (/etc/tars-home/tars-home.toml) is not in that list",
        why="tarsd may not start again after its next end, or may do what it was never tested to do; a disk "
        "that loses files loses data, too",
        we="nothing: only the package manager can put them back",
        you="install the package again, and if you did not change the files yourself look at the disk",
        commands=("sudo apt install --reinstall tars-home", "dpkg --verify tars-home"),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Look at every file. No finding in a checkout."""
        found = await world.own.integrity(PACKAGE)
        if found is None:
            return []
        wrong = [*(f"{it} is gone" for it in found.missing)]
        wrong += [f"{it} is not what was installed" for it in found.changed]
        if not wrong:
            return [self.passed(f"{found.files} files are there and untouched")]
        shown = "; ".join(wrong[:2]) + (f"; and {len(wrong) - 2} more" if len(wrong) > 2 else "")
        return [self.fail(shown, f"sudo apt install --reinstall {PACKAGE}", evidence=wrong[:SHOWN])]


CHECKS: tuple[Check, ...] = (TarsdDown(), PackageIntegrity(), ConfigInvalid(), GenerationWhole())
