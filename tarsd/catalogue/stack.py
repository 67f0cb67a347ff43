"""The stack as it would be: do the settings and the owner's override make one?"""

from tarsd.catalogue.check import Check, Finding, World
from tarsd.errors import StackInvalid


class ComposeInvalid(Check):
    """Compose refuses the stack, most often for what stands in the owner's compose.override.yaml."""

    id = "compose.invalid"
    subject = "stack"
    after = ("docker.flavour", "docker.compose")
    deadline = 75.0
    vital = True

    async def ask(self, world: World) -> Finding:
        """Let Compose merge and resolve it."""
        try:
            stack = await world.stack()
        except StackInvalid as error:
            reason = error.message.removeprefix("cannot render the stack: ")
            return self.fail(reason, error.fix)
        count = len(stack["services"])
        return self.passed(f"{count} service" + ("" if count == 1 else "s"))


class AnswerOverruled(Check):
    """A later file of settings says otherwise than the answer given to this install: the file wins."""

    id = "config.overruled"
    subject = "settings"

    def applies(self, world: World) -> bool:
        """Only where one is."""
        return bool(world.asked.overruled)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each answer."""
        return [
            self.warn(why, "change it there, or remove that line") for why in world.asked.overruled
        ]


CHECKS: tuple[Check, ...] = (ComposeInvalid(), AnswerOverruled())
