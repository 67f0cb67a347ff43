"""Models that are to be there: whole, or not."""

import time

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy
from tarsd.errors import JobFailed
from tarsd.host.containers import Container, Containers
from tarsd.host.ollama import same_name

HOME = "/root/.ollama"
PARTIAL = "models/blobs/*-partial"
"""What Ollama calls a layer that it has not got all of; each of its pieces has a number of its own behind that."""

GROWS = 900.0
"""Seconds in which a pull that goes on has written something: Ollama gives a stalled part up after 30 and tries again."""


class PullModel(Remedy):
    """Pull it, as `tarsctl models pull` does: resumed, and refused without a fifth more room than is still to come."""

    id = "model.pull"

    def guard(self, world: World, finding: Finding) -> str | None:
        """Only what the settings keep."""
        if not any(same_name(finding.subject, it) for it in world.settings.models.keep):
            return "the settings do not keep it any more"
        return None

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"pull model {finding.subject}"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.data.pull_model(finding.subject)


class ModelMissing(Check):
    """A model that `[models] keep` names is not on the model server."""

    id = "model.missing"
    subject = "models"
    after = ("docker.down", "docker.hung")
    deadline = 10.0
    every = 300.0
    triggers = frozenset({Trigger.SETTINGS, Trigger.CHANGE})
    shared = True
    remedies = (PullModel(),)
    about = About(
        what="A model that the settings keep is not on the model server",
        seen="Its name under [models] keep is not in what the model server lists (/api/tags)",
        why="Whatever asks for it gets an error: a chat that answers nothing, documents that cannot be embedded",
        we="It is pulled, only where the disk has a fifth more room than is still to come; without a network, or with a "
        "name that the registry does not know, it is tried again every half hour",
        you="Look what the pull says; put a wrong name right under [models] in /etc/tars-home, or make room",
        commands=("tarsctl models list", "tarsctl models pull NAME"),
    )

    def applies(self, world: World) -> bool:
        """Only with names to keep, and a stack."""
        return bool(world.settings.models.keep) and bool(world.services)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each name."""
        here = [it.name for it in await world.ollama.models()]
        return [
            self.passed("is there", subject=name)
            if any(same_name(name, it) for it in here)
            else self.fail(
                "is not on the model server", f"tarsctl models pull {name}", subject=name
            )
            for name in dict.fromkeys(world.settings.models.keep)
        ]


class ModelPartial(Check):
    """Parts of a model lie on the disk, and nobody is getting the rest."""

    id = "model.partial"
    subject = "ollama"
    after = ("docker.down",)
    severity = Status.WARN
    deadline = 70.0
    every = 3600.0
    about = About(
        what="A pull was broken off, and what it has got of the model takes room",
        seen=f"In the model server's volume are files {PARTIAL}* that have not grown for {GROWS // 60:.0f} minutes",
        why="A pull that ended for want of room leaves gigabytes behind that no list shows",
        we="Nothing is removed: the next pull of that model goes on from there",
        you="Make room, and pull the model again; the model server drops what is left over when it starts anew",
        commands=(
            "df -h /var/lib/docker",
            "tarsctl models pull NAME",
            "sudo tarsctl restart ollama",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only with a model server."""
        return any(it.service.role == "llm" for it in world.services)

    async def ask(self, world: World) -> Finding:
        """Look into its volume, in a job."""
        seen = await Containers(world.docker, world.project).by_service()
        names = [it.name for it in world.services if it.service.role == "llm"]
        container = next((seen[name] for name in names if name in seen), None)
        directory = await _directory(world, container)
        if directory is None:
            return self.passed("its models are in no volume on this machine")
        try:
            contents = await world.volumes.contents(directory, f"{PARTIAL}*")
        except JobFailed as error:
            return self.unknown(error.message)
        old = [it for it in contents.partial if time.time() - it.at > GROWS]
        if not old or len(old) < len(contents.partial):
            return self.passed("no pull was broken off")
        size = sum(it.bytes for it in old)
        words = f"{size / 2**30:.1f} GiB of a pull that was broken off"
        fix = "df -h /var/lib/docker; tarsctl models pull NAME; or: sudo tarsctl restart ollama"
        return self.warn(words, fix, evidence=[it.name.rpartition("/")[2] for it in old[:5]])


async def _directory(world: World, container: Container | None) -> str | None:
    if container is None:
        return None
    name = next((it.name for it in container.mounts if it.target == HOME), "")
    volume = await world.volumes.find(name) if name else None
    return volume.directory if volume is not None else None


CHECKS: tuple[Check, ...] = (ModelMissing(), ModelPartial())
