"""A corner of the real Engine: containers, networks and volumes of a project that no other run has, removed at the end."""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from typing import Any

from tarsd.host.docker_api import DockerApi


class Lab:
    """Everything made under `project` is gone after clean()."""

    def __init__(self, docker: DockerApi, project: str, small: str) -> None:
        self.docker = docker
        self.project = project
        self.small = small

    async def run(self, service: str, script: str, *, start: bool = True, **config: Any) -> str:
        """A container that runs a few lines of shell; returns its id."""
        host: dict[str, Any] = {"Init": True, **config.pop("HostConfig", {})}
        body = {
            "Image": self.small,
            "Entrypoint": ["sh", "-c", script],
            "Labels": {
                "com.docker.compose.project": self.project,
                "com.docker.compose.service": service,
                **config.pop("Labels", {}),
            },
            "HostConfig": host,
            **config,
        }
        name = {"name": f"{self.project}-{service}-1"}
        made = await self.docker.post("/containers/create", name, body)
        if start:
            await self.docker.post(f"/containers/{made['Id']}/start", deadline=30)
        return str(made["Id"])

    async def volume(self, name: str) -> str:
        """A volume of the project; returns its full name."""
        labels = {"com.docker.compose.project": self.project}
        body = {"Name": f"{self.project}_{name}", "Labels": labels}
        return str((await self.docker.post("/volumes/create", body=body))["Name"])

    async def image(self) -> str:
        """An image that is nowhere else, with nothing but one file in it; returns its reference."""
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            content = self.project.encode() * 1000
            entry = tarfile.TarInfo("file")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

        async def stream() -> AsyncIterator[bytes]:
            yield layer.getvalue()

        query = {"fromSrc": "-", "repo": self.project, "tag": "1"}
        async for _ in self.docker.lines("POST", "/images/create", query, stream()):
            pass
        return f"{self.project}:1"

    async def archive(self, reference: str) -> bytes:
        """What `docker save` makes of an image."""
        async with self.docker.stream("GET", f"/images/{reference}/get", {}) as response:
            return await response.read()

    async def clean(self) -> None:
        """Remove every container, network, volume and image of the project."""
        label = f"com.docker.compose.project={self.project}"
        query = {"filters": json.dumps({"label": [label]})}
        for row in await self.docker.objects("/containers/json", {"all": "true", **query}):
            await self.docker.delete(f"/containers/{row['Id']}", {"force": "true", "v": "true"})
        for row in await self.docker.objects("/networks", query):
            await self.docker.delete(f"/networks/{row['Id']}")
        volumes = await self.docker.object("/volumes", query)
        rows: list[dict[str, Any]] = volumes.get("Volumes") or []
        for row in rows:
            await self.docker.delete(f"/volumes/{row['Name']}", {"force": "true"})
        named = {"filters": json.dumps({"reference": [self.project]})}
        for row in await self.docker.objects("/images/json", named):
            await self.docker.delete(f"/images/{row['Id']}", {"force": "true"})
