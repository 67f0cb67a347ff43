"""From templates, settings and the owner's override to one resolved stack; then every image pinned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tarsd.errors import StackInvalid
from tarsd.host.compose import Compose, Resolved
from tarsd.host.gpu import Gpus
from tarsd.host.images import Image
from tarsd.paths import Paths
from tarsd.settings import Settings


@dataclass(frozen=True)
class Renderer:
    """Asks Compose to merge and interpolate, so that an override means here what it means everywhere."""

    paths: Paths
    compose: Compose
    gpus: Gpus
    settings: Callable[[], Settings]

    async def render(self) -> dict[str, Any]:
        """The resolved stack with its images as references. Raises StackInvalid, EngineUnavailable, JobFailed."""
        return (await self.resolve()).stack

    async def resolve(self) -> Resolved:
        """The same with what Compose warned of."""
        settings = self.settings()
        resolved = await self.compose.resolve(
            await self._files(settings),
            self._profiles(settings),
            self._environment(settings),
            self.paths.etc,
        )
        stack = resolved.stack
        for name, service in stack["services"].items():
            deploy: dict[str, Any] = service.get("deploy") or {}
            replicas: int = deploy.get("replicas") or service.get("scale") or 1
            if replicas != 1:
                raise StackInvalid(
                    f"cannot render the stack: service {name} has {replicas} replicas, "
                    f"and one container per service is what this product looks after",
                    fix=f"take replicas and scale of {name} out of {self.paths.override}",
                )
            if "image" not in service or "build" in service:
                raise StackInvalid(
                    f"cannot render the stack: service {name} is built, not pulled",
                    fix=f"give {name} an image: in {self.paths.override}",
                )
        return resolved

    async def render_with(self, settings: Settings) -> Resolved:
        """The same as it would be with other settings than those in force."""
        return await replace(self, settings=lambda: settings).resolve()

    async def _files(self, settings: Settings) -> list[Path]:
        files = [self.paths.share / "compose.yaml"]
        if not settings.stack.cpu_only and await self.gpus.usable():
            files.append(self.paths.share / "compose.gpu.yaml")
        if settings.nas.path is not None and settings.nas.enabled:
            files.append(self.paths.share / "compose.nas.yaml")
        if self.paths.override.exists():
            files.append(self.paths.override)
        return files

    @staticmethod
    def _profiles(settings: Settings) -> list[str]:
        profiles = ["frontend"] if settings.stack.frontend else []
        return profiles + (["backend"] if settings.stack.backend_image else [])

    def _environment(self, settings: Settings) -> dict[str, str]:
        ports = settings.ports.model_dump()
        environment = {
            f"TARS_{name.upper()}_PORT": str(port)
            for name, port in ports.items()
            if isinstance(port, int)
        }
        environment |= {
            "TARS_WEBUI_ADDRESS": settings.ports.webui_address,
            "TARS_OLLAMA_CONTEXT_LENGTH": str(settings.ollama.context_length),
            "TARS_SECRETS": str(self.paths.secrets),
        }
        if settings.stack.backend_image:
            environment["TARS_BACKEND_IMAGE"] = settings.stack.backend_image
        if settings.nas.path is not None:
            environment["TARS_NAS_PARENT"] = str(Path(settings.nas.path).parent)
        return environment


def references(stack: Mapping[str, Any]) -> dict[str, str]:
    """Image reference by service."""
    return {name: service["image"] for name, service in stack["services"].items()}


def pin(
    stack: Mapping[str, Any], images: Mapping[str, Image], secrets: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The stack as a generation runs it, and its lock: which image each service's reference meant.

    Secret environment goes in as the name of a file: the values are in the secrets directory and nowhere else.
    """
    tars: Mapping[str, Any] = stack.get("x-tars") or {}
    secret_environment: Mapping[str, str] = tars.get("secret_environment") or {}
    services: dict[str, Any] = {}
    lock: dict[str, Any] = {}
    for name, service in stack["services"].items():
        image = images[name]
        services[name] = {"restart": "unless-stopped", **service}
        services[name]["image"] = image.pinned(service["image"])
        services[name].pop(
            "profiles", None
        )  # what is in a generation runs; `down` would pass it by
        if name in secret_environment:
            own: str | list[Any] = service.get("env_file") or []
            ours = str(secrets / secret_environment[name])
            services[name]["env_file"] = [*([own] if isinstance(own, str) else own), ours]
        lock[name] = {"reference": service["image"], "digest": image.digest, "id": image.id}
    kept = {key: value for key, value in stack.items() if not key.startswith("x-")}
    return {**kept, "services": services}, {"images": lock}
