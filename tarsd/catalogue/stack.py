"""The stack as it would be: do the settings and the owner's override make one?"""

from collections.abc import Iterable

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.errors import StackInvalid

MEND_OVERRIDE = "correct /etc/tars-home/compose.override.yaml; a dollar sign that begins no variable is written $$"


class ComposeInvalid(Check):
    """Compose refuses the stack, most often for what stands in the owner's compose.override.yaml."""

    id = "compose.invalid"
    subject = "stack"
    after = ("docker.flavour", "docker.compose")
    deadline = 75.0
    vital = True
    about = About(
        what="Compose refuses the stack, most often for what stands in your compose.override.yaml",
        seen="`docker compose config` resolves the templates, your settings and your "
        "override, and ends with an error",
        why="No install or upgrade is possible with it. What is installed already runs on, "
        "from the generation it was made from",
        we="Nothing; an install is refused before it touches anything",
        you="Correct what Compose names: the file, the line and the key stand in its message",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --dry-run",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Let Compose merge and resolve it."""
        try:
            stack = await world.stack()
        except StackInvalid as error:
            reason = error.message.removeprefix("cannot render the stack: ")
            return self.fail(reason, error.fix)
        count = len(stack["services"])
        return self.passed(f"{count} service" + ("" if count == 1 else "s"))


class ComposeWarns(Check):
    """Compose takes the stack and warns of something, such as a variable of the owner's override that is not set."""

    id = "compose.warning"
    subject = "stack"
    after = ("compose.invalid",)
    deadline = 75.0
    severity = Status.WARN
    about = About(
        what="Compose takes the stack and warns of something in it",
        seen="`docker compose config` prints a warning, one finding each",
        why="Most often a variable in the override is not set and becomes an empty text: a "
        "password that is empty, or one whose dollar sign was taken for a variable",
        we="Nothing but say so",
        you="Set the variable; where a dollar sign is meant, write it twice",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --dry-run",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each warning."""
        return compose_warnings(await world.compose_warnings())


class AnswerOverruled(Check):
    """A later file of settings says otherwise than the answer given to this install: the file wins."""

    id = "config.overruled"
    subject = "settings"
    severity = Status.WARN
    about = About(
        what="A file of settings says otherwise than the answer that was given to this install",
        seen="The answer is compared with the files that are read after it",
        why="The later file wins, so the answer has no effect",
        we="Nothing; it never edits your files",
        you="Change the value in that file, or remove the line",
        commands=("ls /etc/tars-home/conf.d/", "tarsctl config show"),
    )

    def applies(self, world: World) -> bool:
        """Only where one is."""
        return bool(world.asked.overruled)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each answer."""
        return [
            self.warn(why, "change it there, or remove that line") for why in world.asked.overruled
        ]


def compose_warnings(told: Iterable[str]) -> list[Finding]:
    """Compose's warnings as findings."""
    return [
        Finding(ComposeWarns.id, ComposeWarns.subject, Status.WARN, it, MEND_OVERRIDE)
        for it in told
    ]


CHECKS: tuple[Check, ...] = (ComposeInvalid(), ComposeWarns(), AnswerOverruled())
