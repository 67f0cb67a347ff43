"""Secrets: there, strong, and what they are meant to be."""

import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World

SHORTEST = 16
"""Characters; tarsd's own have 48, of 192 bits."""

FEWEST = 6
"""Different characters; a random password of 16 has hardly ever fewer than 10."""

HOURLY = 3600.0

WHERE = "sudo tarsctl install --dry-run (it says where the value still is)"
"""The fix of what is missing."""

_PLACEHOLDER = re.compile(
    r"(?:change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this)|your[-_ ].*|placeholder|to[-_ ]?do|x{3,}|dummy"
    r"|insert[-_ ].*|put[-_ ].*here|<.*>|example)",
    re.IGNORECASE,
)
_COMMON = frozenset(
    {"password", "passw0rd", "secret", "admin", "postgres", "redis", "default", "123456"}
)
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|API_?KEY|PRIVATE|_KEY$|^KEY$", re.IGNORECASE)


def is_placeholder(value: str) -> bool:
    """Whether somebody was to write something else there."""
    return _PLACEHOLDER.match(value) is not None or value.casefold() in _COMMON


def weakness(value: str) -> str | None:
    """Why it is easily guessed, without a character of it; None where it is not."""
    if len(value) < SHORTEST:
        return f"has only {len(value)} characters"
    different = len(set(value))
    if different < FEWEST:
        return f"is made of only {different} different characters"
    return None


class _SecretCheck(Check):
    """Looks at the files of the secrets directory; a value is never part of an answer."""

    subject = "secrets"
    every = HOURLY
    triggers = frozenset({Trigger.SETTINGS, Trigger.CHANGE})
    deadline = 8.0
    all_is_well: ClassVar[str]

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each that is told of; one for all where all is well, none before there are secrets."""
        values = await world.secrets.values()
        if not values:
            return self.without_any(world)
        told = list(self.judge(world, values.items()))
        told += await self.in_env_files(world)
        return told or [self.passed(self.all_is_well)]

    @abstractmethod
    def judge(self, world: World, secrets: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
        """What is wrong with ours."""

    def without_any(self, world: World) -> list[Finding]:
        """What is wrong where there is none: nothing before an install."""
        return []

    async def in_env_files(self, world: World) -> list[Finding]:
        """What is wrong in files of the owner's."""
        return []


class SecretMissing(_SecretCheck):
    """A secret that the stack was made with is gone, or empty."""

    id = "secret.missing"
    all_is_well = "each has its value"
    about = About(
        what="A password or key of the stack is missing or empty",
        seen="The file of that name in /var/lib/tars-home/secrets is not there, or has nothing in it; "
        "or none of them is there, while a stack is installed",
        why="What runs still knows it; what is started anew cannot sign in, and what was encrypted with it cannot be read",
        we="Nothing unattended: a new one would not open what was made with the old one. An install makes anew what "
        "nothing depends on, and refuses for the others, with the place where the value still is",
        you="Put it back from a backup, or take it from where the refusal of the dry run says that it still is",
        commands=("sudo tarsctl install --dry-run", "sudo tarsctl secrets list"),
    )

    def judge(self, world: World, secrets: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
        """See _SecretCheck."""
        for name, value in secrets:
            if value is None:
                yield self.fail(
                    f"{world.secrets.directory / name} is missing or empty", WHERE, subject=name
                )

    def without_any(self, world: World) -> list[Finding]:
        """All of them are gone from under a stack that was made with them."""
        if not world.services:
            return []
        words = f"{world.secrets.directory} has none of the stack's secrets: what is restarted would not come up"
        return [self.fail(words, WHERE)]


class SecretPlaceholder(_SecretCheck):
    """A secret is what stood in somebody's example."""

    id = "secret.placeholder"
    all_is_well = "none is a placeholder"
    about = About(
        what="A password or key is a placeholder, such as CHANGE_ME",
        seen="A secret of the stack, or a variable that is called password, secret, token or key in an env file that "
        "compose.override.yaml names, is CHANGE_ME, your-..., <...>, password or the like",
        why="It stands in a public example, so everybody knows it",
        we="Nothing unattended: who uses it must get the new one",
        you="Give it a value of its own: tarsd makes one for its own secrets, in a file of yours you write it",
        commands=("sudo tarsctl secrets rotate NAME",),
    )

    def judge(self, world: World, secrets: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
        """See _SecretCheck."""
        for name, value in secrets:
            if value is not None and is_placeholder(value):
                fix = f"sudo tarsctl secrets rotate {name}"
                yield self.fail("is a placeholder that everybody knows", fix, subject=name)

    async def in_env_files(self, world: World) -> list[Finding]:
        """Variables that are called as secrets are, in files of the owner's own."""
        return [
            self.fail(
                f"{it.name} in {file.path} is a placeholder that everybody knows",
                f"give it a value of its own in {file.path}, then: sudo tarsctl install --yes",
                subject=it.name,
            )
            for file in await world.secrets.env_files()
            if not file.ours
            for it in file.variables
            if _SECRET_NAME.search(it.name) and is_placeholder(it.value)
        ]


class SecretWeak(_SecretCheck):
    """A secret that can be guessed."""

    id = "secret.weak"
    severity = Status.WARN
    all_is_well = "each is strong"
    about = About(
        what="A password or key can be guessed",
        seen=f"It has fewer than {SHORTEST} characters, or fewer than {FEWEST} different ones",
        why="Whoever reaches the port, or gets hold of a token, tries all of them in hours",
        we="Nothing unattended: who uses it must get the new one",
        you="Have a new one made; what tarsd makes has 192 bits",
        commands=("sudo tarsctl secrets rotate NAME",),
    )

    def judge(self, world: World, secrets: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
        """See _SecretCheck."""
        for name, value in secrets:
            why = weakness(value) if value is not None and not is_placeholder(value) else None
            if why is not None:
                yield self.warn(why, f"sudo tarsctl secrets rotate {name}", subject=name)


class EnvDollar(_SecretCheck):
    """A value is not what was written: Compose takes a dollar sign for the beginning of a variable."""

    id = "env.dollar"
    severity = Status.WARN
    all_is_well = "Compose changes no value"
    about = About(
        what="Compose changes a value, since there is a dollar sign in it",
        seen="In an env file, one made from secrets or one that compose.override.yaml names, a value that is not in single "
        "quotes has a $ that is not written twice",
        why="Compose puts the value of a variable in its place, most often nothing: a password silently becomes another one",
        we="Nothing: only its owner knows what was meant",
        you="Write $$ for $ in that file, or put the value in single quotes; have a secret of tarsd's made anew",
        commands=("sudo tarsctl secrets rotate NAME", "sudo tarsctl install --yes"),
    )

    def judge(self, world: World, secrets: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
        """The secrets themselves are read by nobody but their services."""
        return ()

    async def in_env_files(self, world: World) -> list[Finding]:
        """Each value that Compose changes."""
        return [
            self.warn(
                f"{it.name} in {file.path} has a $ for which Compose puts something else",
                "sudo tarsctl secrets rotate NAME, for the secret that it is"
                if file.ours
                else f"write $$ for $ in {file.path}, then: sudo tarsctl install --yes",
                subject=it.name,
            )
            for file in await world.secrets.env_files()
            for it in file.variables
            if it.changed
        ]


CHECKS: tuple[Check, ...] = (SecretMissing(), SecretPlaceholder(), SecretWeak(), EnvDollar())
