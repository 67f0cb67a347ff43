"""The networks of a container: attached anew where one of that name has been removed and made again.

A container remembers its networks by id. After `docker network prune` neither it nor Compose without recreating finds
the new one: "network 45dd... not found". One that was disconnected forgets the name by which others know it, too.
"""

from collections.abc import Mapping
from typing import Any

from tarsd.host.containers import BUILT_IN_NETWORKS, SERVICE_LABEL
from tarsd.host.docker_api import DockerApi, misunderstood


class Attachments:
    """Raises what DockerApi raises."""

    def __init__(self, api: DockerApi) -> None:
        self._api = api

    async def mend(self, container_id: str) -> None:
        """Attach it to each network that it knows by name and no longer by id; one cut off in the middle converges."""
        raw = await self._api.object(f"/containers/{container_id}/json")
        there = {
            str(row.get("Name")): str(row.get("Id")) for row in await self._api.objects("/networks")
        }
        try:
            attached: Mapping[str, Mapping[str, Any]] = raw["NetworkSettings"]["Networks"] or {}
            own = str(raw["HostConfig"]["NetworkMode"])
            labels: Mapping[str, str] = raw["Config"].get("Labels") or {}
            service = labels.get(SERVICE_LABEL)
            for name in sorted(({own, *attached} & there.keys()) - BUILT_IN_NETWORKS):
                known = attached.get(name)
                if known is None or known["NetworkID"] not in ("", there[name]):
                    await self._attach(container_id, name, known, service)
        except (KeyError, TypeError, AttributeError) as error:
            raise misunderstood(f"container {container_id[:12]}") from error

    async def _attach(
        self, container_id: str, network: str, known: Mapping[str, Any] | None, service: str | None
    ) -> None:
        endpoint: dict[str, Any] = {"Aliases": [service]} if service else {}
        if known is not None:
            endpoint = {key: known.get(key) for key in ("Aliases", "IPAMConfig", "Links")}
            await self._api.post(
                f"/networks/{network}/disconnect", body={"Container": container_id, "Force": True}
            )
        await self._api.post(
            f"/networks/{network}/connect",
            body={"Container": container_id, "EndpointConfig": endpoint},
        )
