"""Services whose data this change has made: until they have answered once, an undo has nothing to wait for."""

import asyncio
from collections.abc import Collection

from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Generation

SECRETS = "/run/secrets/"
"""Where Compose mounts secrets; any other directory may be the owner's, with data in it."""


async def end_newborn(
    containers: Containers, generation: Generation, older: Collection[str]
) -> None:
    """Stop those that are still starting on new volumes, each with its short grace; all others are left as they are.

    PostgreSQL's image hears no signal while it makes its first database, and would be waited for as long as a real
    one gets to write down what it knows: two minutes. `older` are the volumes there were before.
    """
    ending = [
        containers.stop(it.id, generation.services[it.service].hung_grace)
        for it in await containers.all()
        if it.service in generation.services and _is_newborn(it, older)
    ]
    await asyncio.gather(*ending)


def _is_newborn(container: Container, older: Collection[str]) -> bool:
    return (
        container.state == "running"
        and container.health == "starting"
        and container.volumes is not None
        and container.volumes.isdisjoint(older)
        and all(it.kind != "bind" or it.target.startswith(SECRETS) for it in container.mounts)
    )
