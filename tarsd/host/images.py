"""Images on this machine: looked up, pulled with progress, loaded from a streamed archive."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from tarsd.errors import ArchiveInvalid, EngineRefused
from tarsd.host.docker_api import DockerApi
from tarsd.host.feed import Feed
from tarsd.host.pull_refusals import pull_refused

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes known of in all, and words for the moment."""


@dataclass(frozen=True)
class Image:
    """One image: its id, the digest its registry knows it by (none if it came from an archive), what it is made for."""

    id: str
    digest: str | None
    architecture: str = ""

    def pinned(self, reference: str) -> str:
        """What the generation runs: the reference with its digest, or the id where there is none."""
        name = reference.partition("@")[0]
        return f"{name}@{self.digest}" if self.digest else self.id


def repository(reference: str) -> str:
    """The repository of a reference in the Engine's short form: `docker.io/library/redis:8` is `redis`."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    short = f"{head}{slash}{last.partition(':')[0]}"
    return re.sub(r"^docker\.io/(library/)?", "", short)


class Images:
    """Raises what DockerApi raises."""

    def __init__(self, api: DockerApi) -> None:
        self._api = api

    async def find(self, reference: str) -> Image | None:
        """The image if it is on this machine."""
        try:
            raw = await self._api.object(f"/images/{reference}/json")
        except EngineRefused as error:
            if error.details.get("status") == 404:
                return None
            raise
        digests: list[str] = raw.get("RepoDigests") or []
        known = {name: digest for name, _, digest in (it.partition("@") for it in digests)}
        made_for = str(raw.get("Architecture") or "")
        return Image(raw["Id"], known.get(repository(reference)), made_for)

    async def pull(self, reference: str, progress: Progress) -> None:
        """Pull from its registry; layers already here are kept, so an interrupted pull goes on. Raises PullRefused."""
        layers: dict[str, tuple[int, int]] = {}
        query = {"fromImage": reference}
        if "@" not in reference and ":" not in reference.rpartition("/")[2]:
            query["tag"] = "latest"
        try:
            async for line in self._api.lines("POST", "/images/create", query):
                if "error" in line:
                    raise pull_refused(reference, str(line["error"]))
                words = reference
                detail: dict[str, int] = line.get("progressDetail") or {}
                if line.get("status") == "Downloading" and "total" in detail:
                    layers[line["id"]] = (detail["current"], detail["total"])
                elif str(line.get("status")).startswith("Retrying in"):
                    words = f"{reference}: its registry broke off; the Engine tries again"
                elif line.get("status") in ("Download complete", "Pull complete"):
                    total = layers.get(line["id"], (0, 0))[1]
                    layers[line["id"]] = (total, total)
                done = sum(layer[0] for layer in layers.values())
                progress(done, sum(layer[1] for layer in layers.values()), words)
        except EngineRefused as error:
            raise pull_refused(reference, error.message) from error

    async def load(self, archive: AsyncIterator[bytes]) -> list[str]:
        """Load a `docker save` archive as it streams in; returns the references in it. Raises ArchiveInvalid."""
        feed = Feed(archive)
        loaded = await feed.watch(self._load(feed.pieces()))
        if not loaded:
            raise ArchiveInvalid(
                "cannot load the image archive: it holds no image", fix="make it with docker save"
            )
        return loaded

    async def _load(self, pieces: AsyncIterator[bytes]) -> list[str]:
        loaded: list[str] = []
        try:
            async for line in self._api.lines("POST", "/images/load", {"quiet": "true"}, pieces):
                if "error" in line:
                    raise ArchiveInvalid(
                        f"cannot load the image archive: the Engine says {str(line['error']).strip()!r}",
                        fix="make the archive again with docker save, and compare its size",
                    )
                said = str(line.get("stream", "")).strip()
                if said.startswith(("Loaded image: ", "Loaded image ID: ")):
                    loaded.append(said.partition(": ")[2])
        except EngineRefused as error:
            raise ArchiveInvalid(
                f"cannot load the image archive: {error.message}",
                fix="make the archive again with docker save",
            ) from error
        return loaded
