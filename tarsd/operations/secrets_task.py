"""The stack's secrets: made once, and never anew for a volume that was made with the old one."""

from collections.abc import Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Finding
from tarsd.changes.model import Step
from tarsd.errors import Preflight
from tarsd.host.blocking import whole
from tarsd.host.containers import Containers
from tarsd.host.secret_files import NAMES, SecretFiles
from tarsd.operations.lost_secrets import lost, remade

DERIVED = ("redis.conf", "webui.env", "backend.env")
"""Files made from secrets, for programs that read no secret files."""

REDIS_CONF = """\
# Made by tarsd from redis-password. noeviction: an LRU policy would evict, and so un-revoke, revoked sessions.
requirepass {password}
maxmemory-policy noeviction
timeout 1800
appendonly yes
dir /data
"""


class SecretsTask:
    """Makes what is missing and the files derived from it."""

    kind = "secrets"
    version = 1

    def __init__(self, secrets: SecretFiles, containers: Containers, project: str) -> None:
        self._secrets = secrets
        self._containers = containers
        self._project = project

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """Raises Preflight where a volume exists whose secret is gone."""
        missing = self._secrets.missing(list(NAMES))
        ours: list[str] = step.task.memo.get("made", [])
        volumes = await self._containers.volumes()
        gone = lost(self._secrets, [it for it in missing if it not in ours], volumes, self._project)
        if gone:
            raise _refusal(gone)
        if missing:
            if "derived" not in step.task.memo:
                step.task.memo["derived"] = [it for it in DERIVED if not self._secrets.has(it)]
            step.task.memo["made"] = sorted({*step.task.memo.get("made", []), *missing})
            await step.remember()
        await whole(self._make, missing)
        told = remade(step.task.memo.get("made", ()), volumes, self._project)
        before = (step.change.result or {}).get("warnings", [])
        return {"warnings": [*before, *(it.as_json() for it in told)]} if told else None

    async def undo(self, step: Step) -> None:
        """Drop what this change made, unless a volume was made with it meanwhile."""
        made: list[str] = step.task.memo.get("made", [])
        if not made:
            return
        if await self._containers.volumes():
            step.say("kept: a volume of the stack exists")
            return
        for name in (*step.task.memo.get("derived", ()), *made):
            await whole(self._secrets.drop, name)

    def _make(self, missing: list[str]) -> None:
        for name in missing:
            self._secrets.make(name)
        derive(self._secrets)


def _refusal(gone: Sequence[Finding]) -> Preflight:
    first = gone[0]
    more = f" (and {len(gone) - 1} more)" if len(gone) > 1 else ""
    return Preflight(
        f"cannot make a new {first.subject}: {first.summary}{more}",
        fix=first.fix,
        details={"failures": [it.as_json() for it in gone]},
    )


def derive(secrets: SecretFiles) -> None:
    """Write the files made from secrets, those whose content differs."""
    postgres, redis = (secrets.read(f"{name}-password") for name in ("postgres", "redis"))
    secrets.derive("redis.conf", REDIS_CONF.format(password=redis), 0o444)
    database = f"postgresql://tars:{postgres}@postgres:5432/tars"
    secrets.derive_environment(
        "webui.env",
        {
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://:{redis}@redis:6379/0",
            "WEBSOCKET_REDIS_URL": f"redis://:{redis}@redis:6379/1",
            "WEBUI_SECRET_KEY": secrets.read("webui-secret-key"),
            "WEBUI_ADMIN_PASSWORD": secrets.read("admin-password"),
        },
    )
    secrets.derive_environment(
        "backend.env",
        {
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://:{redis}@redis:6379/2",
            "JWT_SECRET": secrets.read("jwt-root"),
            "ENCRYPTION_KEY": secrets.read("encryption-key"),
        },
    )
