"""The registries that missing images come from."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.host.network import Place

HUB = "docker.io"

OFFLINE = "without a network: sudo tarsctl install --image-archive FILE"


def registry(reference: str) -> str:
    """The registry that a reference names; Docker's own where it names none."""
    head, slash, _ = reference.partition("/")
    named = slash and ("." in head or ":" in head or head == "localhost")
    return head if named else HUB


def places(name: str, info: Mapping[str, Any]) -> list[Place]:
    """Where the Engine would go for a registry, in its order: one that answers is enough.

    Mirrors are asked before Docker's own registry only; an Engine with a proxy asks that for everything.
    """
    proxy = str(info.get("HttpsProxy") or "")
    if proxy:
        return [_place(proxy, 80)]
    if name != HUB:
        return [_place(f"https://{name}", 443)]
    config: Mapping[str, Any] = info.get("RegistryConfig") or {}
    mirrors: Sequence[str] = config.get("Mirrors") or []
    return [_place(it, 443) for it in mirrors] + [Place("registry-1.docker.io", 443)]


def _place(url: str, port: int) -> Place:
    parts = urlsplit(url if "//" in url else f"//{url}")
    return Place(parts.hostname or url, parts.port or (80 if parts.scheme == "http" else port))


class _Registries(Check):
    """One finding for each registry from which an image is missing."""

    after = ("compose.invalid",)
    deadline = 20.0

    def applies(self, world: World) -> bool:
        """Not with an archive: then nothing is pulled."""
        return world.asked.pull

    async def ask(self, world: World) -> list[Finding]:
        """Derive the names from the stack, and ask for those whose images are not here yet."""
        wanted = {service["image"] for service in (await world.stack())["services"].values()}
        missing = [it for it in sorted(wanted) if await world.images.find(it) is None]
        if not missing:
            return [self.passed("every image is on this machine already")]
        info = await world.docker.object("/info")
        of = {name: places(name, info) for name in dict.fromkeys(map(registry, missing))}
        return [await self.judge(world, name, found) for name, found in of.items()]

    @abstractmethod
    async def judge(self, world: World, name: str, wanted: Sequence[Place]) -> Finding:
        """Answer for one registry."""


class NetworkDns(_Registries):
    """The name of a registry does not resolve: images cannot be pulled."""

    id = "network.dns"
    subject = "network"
    about = About(
        what="An image of the stack is missing, and the name of the registry that has it "
        "does not resolve",
        seen="The names of the registry and its mirrors, or of Docker's proxy, are looked "
        "up in a job; one that resolves is enough. Where every image is here, nothing "
        "is asked",
        why="What is missing cannot be downloaded, so an install would end halfway",
        we="Nothing; an install is refused before it touches anything. What is installed "
        "needs no registry to run",
        you="Put the machine's name service right, or install from an archive of images",
        commands=(
            "getent hosts registry-1.docker.io",
            "cat /etc/resolv.conf",
            "sudo tarsctl install --image-archive FILE",
        ),
    )

    async def judge(self, world: World, name: str, wanted: Sequence[Place]) -> Finding:
        """One name that resolves is enough."""
        found = await world.network.reach(wanted)
        if all(found[place].unresolved for place in wanted):
            reasons = [f"{place.host} ({found[place].unresolved})" for place in wanted]
            return self.fail(
                f"cannot resolve {', '.join(reasons)}",
                f"getent hosts {wanted[-1].host}; look at /etc/resolv.conf; {OFFLINE}",
                subject=name,
            )
        return self.passed("its name resolves", subject=name)


class NetworkRegistry(_Registries):
    """A registry, its mirrors or the Engine's proxy do not answer: images cannot be pulled."""

    id = "network.registry"
    subject = "network"
    after = ("network.dns",)
    about = About(
        what="An image of the stack is missing, and the registry that has it does not answer",
        seen="A TCP connection to the registry, to each of its mirrors, or to Docker's "
        "proxy is tried in a job; one that succeeds is enough. Where every image is "
        "here, nothing is asked",
        why="What is missing cannot be downloaded, so an install would end halfway",
        we="Nothing; an install is refused before it touches anything. What is installed "
        "needs no registry to run",
        you="Look at the router, a firewall, or the proxy in Docker's settings; or install "
        "from an archive of images",
        commands=(
            "curl -v https://registry-1.docker.io/v2/",
            "sudo tarsctl install --image-archive FILE",
        ),
    )

    async def judge(self, world: World, name: str, wanted: Sequence[Place]) -> Finding:
        """One that answers is enough."""
        found = await world.network.reach(wanted)
        for place in wanted:
            if not (found[place].unresolved or found[place].unreached):
                return self.passed(f"{place} answers", subject=name)
        reasons = [f"{it}: {found[it].unresolved or found[it].unreached}" for it in wanted]
        last = wanted[-1]
        return self.fail(
            f"cannot reach {'; '.join(reasons)}",
            f"curl -v https://{last}/v2/; {OFFLINE}",
            subject=name,
        )


CHECKS: tuple[Check, ...] = (NetworkDns(), NetworkRegistry())
