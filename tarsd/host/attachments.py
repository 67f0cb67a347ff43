"""The networks of a stopped container: attached anew where one of that name has been removed and made again.

A container remembers its networks by id. After `docker network prune` neither it nor Compose without recreating finds
the new one: "network 45dd... not found".
"""

from collections.abc import Mapping
from typing import Any

from tarsd.host.docker_api import DockerApi, misunderstood

_BUILT_IN = frozenset({"bridge", "host", "none", "default"})


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
            for name in sorted(({own, *attached} & there.keys()) - _BUILT_IN):
                known = attached.get(name)
                if known is None or known["NetworkID"] not in ("", there[name]):
                    await self._attach(container_id, name, known)
        except (KeyError, TypeError, AttributeError) as error:
            raise misunderstood(f"container {container_id[:12]}") from error

    async def _attach(
        self, container_id: str, network: str, known: Mapping[str, Any] | None
    ) -> None:
        endpoint: dict[str, Any] = {}
        if known is not None:
            endpoint = {key: known.get(key) for key in ("Aliases", "IPAMConfig", "Links")}
            await self._api.post(
                f"/networks/{network}/disconnect", body={"Container": container_id, "Force": True}
            )
        await self._api.post(
            f"/networks/{network}/connect",
            body={"Container": container_id, "EndpointConfig": endpoint},
        )
