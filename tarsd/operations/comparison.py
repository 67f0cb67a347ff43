"""What an install would do to each service, told from the stack as it would be and the one that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tarsd.host.containers import Container

What = Literal["create", "recreate", "start", "keep", "remove", "unknown"]


@dataclass(frozen=True)
class ServiceChange:
    """`why` names what differs, or what cannot be known yet; None where nothing does."""

    name: str
    what: What
    why: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The shape of docs/json.md."""
        return vars(self).copy()


@dataclass(frozen=True)
class Sides:
    """The stack as it would be, its images pinned where they are known, beside the current generation.

    `settled` are the services whose image is known to be the one that will run, `renamed` those whose image has
    another reference than before.
    """

    new: Mapping[str, Any]
    old: Mapping[str, Any]
    settled: frozenset[str]
    renamed: frozenset[str]

    def changes(self, containers: Mapping[str, Container]) -> list[ServiceChange]:
        """One for each service of either side."""
        services: Mapping[str, Any] = self.new["services"]
        gone = sorted((self.old.get("services", {}).keys() | containers.keys()) - services.keys())
        found = [self._change(name, containers.get(name)) for name in sorted(services)]
        return found + [ServiceChange(name, "remove", "no longer wanted") for name in gone]

    def _change(self, name: str, container: Container | None) -> ServiceChange:
        new: Mapping[str, Any] = self.new["services"][name]
        old: Mapping[str, Any] | None = self.old.get("services", {}).get(name)
        if container is None:
            return ServiceChange(name, "create")
        if old is None:
            return ServiceChange(
                name, "unknown", "its container is in no generation that can be read"
            )
        keys = sorted(key for key in new.keys() | old.keys() if new.get(key) != old.get(key))
        keys += ["networks"] * ("networks" not in keys and self._networks_differ())
        if name not in self.settled and name not in self.renamed:
            keys = [key for key in keys if key != "image"]
        if keys:
            return ServiceChange(name, "recreate", ", ".join(keys))
        if name not in self.settled:
            return ServiceChange(name, "unknown", "kept if the image is still the same")
        if container.state == "created":
            return ServiceChange(name, "recreate", "it was never started")
        if container.state != "running":
            return ServiceChange(name, "start", container.state)
        return ServiceChange(name, "keep")

    def _networks_differ(self) -> bool:
        return self.new.get("networks") != self.old.get("networks")
