"""The stack's secrets: made once, and never anew for a volume that was made with the old one."""

from collections.abc import Mapping

from tarsd.changes.model import Step
from tarsd.errors import Preflight
from tarsd.host.blocking import whole
from tarsd.host.containers import Containers
from tarsd.host.secret_files import SecretFiles

NAMES = (
    "postgres-password",
    "redis-password",
    "jwt-root",
    "encryption-key",
    "webui-secret-key",
    "admin-password",
)

SEALED: Mapping[str, str] = {
    "postgres-password": "postgres",
    "encryption-key": "postgres",
    "webui-secret-key": "webui",
}
"""Secret -> volume that cannot be read again without it."""

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

    async def do(self, step: Step) -> None:
        """Raises Preflight where a volume exists whose secret is gone."""
        missing = self._secrets.missing(list(NAMES))
        volumes = set(await self._containers.volumes())
        for name in missing:
            volume = f"{self._project}_{SEALED.get(name, '')}"
            if name in SEALED and volume in volumes and name not in step.task.memo.get("made", []):
                raise Preflight(
                    f"cannot make a new {name}: volume {volume} was made with another one, "
                    f"and {self._secrets.directory / name} is missing or empty",
                    fix=f"put the old value back: from a backup, or from {self._secrets.directory}/*.env, "
                    "which still hold it",
                )
        if missing:
            step.task.memo["made"] = sorted({*step.task.memo.get("made", []), *missing})
            await step.remember()
        await whole(self._make, missing)

    async def undo(self, step: Step) -> None:
        """Drop what this change made, unless a volume was made with it meanwhile."""
        made: list[str] = step.task.memo.get("made", [])
        if not made:
            return
        if await self._containers.volumes():
            step.say("kept: a volume of the stack exists")
            return
        for name in made:
            await whole(self._secrets.drop, name)

    def _make(self, missing: list[str]) -> None:
        for name in missing:
            self._secrets.make(name)
        self._derive()

    def _derive(self) -> None:
        postgres, redis = (self._secrets.read(f"{name}-password") for name in ("postgres", "redis"))
        self._secrets.derive("redis.conf", REDIS_CONF.format(password=redis), 0o444)
        database = f"postgresql://tars:{postgres}@postgres:5432/tars"
        self._secrets.derive_environment(
            "webui.env",
            {
                "DATABASE_URL": database,
                "REDIS_URL": f"redis://:{redis}@redis:6379/0",
                "WEBSOCKET_REDIS_URL": f"redis://:{redis}@redis:6379/1",
                "WEBUI_SECRET_KEY": self._secrets.read("webui-secret-key"),
                "WEBUI_ADMIN_PASSWORD": self._secrets.read("admin-password"),
            },
        )
        self._secrets.derive_environment(
            "backend.env",
            {
                "DATABASE_URL": database,
                "REDIS_URL": f"redis://:{redis}@redis:6379/2",
                "JWT_SECRET": self._secrets.read("jwt-root"),
                "ENCRYPTION_KEY": self._secrets.read("encryption-key"),
            },
        )
