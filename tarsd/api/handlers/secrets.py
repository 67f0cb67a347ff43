"""/v1/secrets: everything about them but their values, save one."""

from typing import Any

from tarsd.api.route import Body, Call
from tarsd.changes.locks import STACK
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.errors import BadRequest, NotFound
from tarsd.host.generations import Generations
from tarsd.host.secret_files import NAMES, SecretFiles
from tarsd.operations import rotate
from tarsd.operations.apply import current
from tarsd.operations.lost_secrets import SEALED
from tarsd.times import iso

FOR_PEOPLE = "admin-password"
"""The one that somebody types."""


class SecretBody(Body):
    """One secret by name."""

    name: str


class SecretHandlers:
    """The secrets of the stack; `project` is how the names of its volumes begin."""

    def __init__(
        self, changes: Changes, secrets: SecretFiles, generations: Generations, project: str
    ) -> None:
        self._changes = changes
        self._secrets = secrets
        self._generations = generations
        self._project = project

    async def list(self, _: Call) -> dict[str, Any]:
        """Each secret: when it got its value, how long that is, and which volume cannot be read without it."""
        missing = self._secrets.missing(list(NAMES))
        return {"secrets": [self._row(name, name not in missing) for name in NAMES]}

    async def show(self, call: Call) -> dict[str, Any]:
        """The value of the one that people type. Raises BadRequest, NotFound."""
        name = self._known(call.body.name, "show")
        if name != FOR_PEOPLE:
            raise BadRequest(
                f"cannot show {name}: programs read it from {self._secrets.directory / name}, "
                "and nobody types it",
                fix=f"sudo tarsctl secrets rotate {name}, if somebody has seen it",
            )
        self._there(name, "show")
        return {"name": name, "value": self._secrets.read(name)}

    async def rotate(self, call: Call) -> Change:
        """Begin to replace one. Raises SecretSealed, NotFound, NotInstalled."""
        name = self._known(call.body.name, "replace")
        rotate.refuse_sealing(name)
        current(self._generations)
        self._there(name, "replace")
        return await self._changes.begin(
            "rotate-secret", f"replace secret {name}", {STACK}, rotate.plan(name)
        )

    def _known(self, name: str, verb: str) -> str:
        if name not in NAMES:
            raise NotFound(
                f"cannot {verb} secret {name!r}; there are: {', '.join(NAMES)}",
                fix="tarsctl secrets list",
            )
        return name

    def _there(self, name: str, verb: str) -> None:
        if self._secrets.missing([name]):
            raise NotFound(
                f"cannot {verb} {name}: it was not made yet, or is gone", fix="sudo tarsctl install"
            )

    def _row(self, name: str, present: bool) -> dict[str, Any]:
        return {
            "name": name,
            "present": present,
            "made": iso(self._secrets.made(name)) if present else None,
            "length": len(self._secrets.read(name)) if present else None,
            "seals": f"{self._project}_{SEALED[name]}" if name in SEALED else None,
            "rotates": name not in rotate.SEALING,
        }
