"""What goes wrong with vectors: where they lie, whether they are there, and who asks for them in a language of the past."""

import time
from dataclasses import replace

from tarsd import times
from tarsd.catalogue import data_words
from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.counts import Count
from tarsd.catalogue.data_places import holding, image_facts, outlives
from tarsd.host.containers import Container, Containers

ROLE, SERVICE = "vector", "chromadb"

V1_IS_GONE = "The v1 API is deprecated. Please use /v2 apis"
"""What Chroma 1.x answers, with status 410, to all of /api/v1; its clients write it to their logs."""

LINES = 200
"""Of each client's log, looked at for that."""


async def stores(world: World) -> list[Container]:
    """The containers of this stack that hold vectors."""
    found = await Containers(world.docker, world.project).all()
    return [it for it in found if it.labels.get("tars.role") == ROLE]


class DataUnmounted(Check):
    """Chroma's data is in the container itself: it goes with it."""

    id = data_words.UNMOUNTED
    subject = SERVICE
    after = ("docker.down",)
    deadline = 10.0
    vital = True
    every = 600.0
    triggers = frozenset({Trigger.CHANGE, Trigger.ENGINE})
    about = About(
        what="Nothing is mounted where Chroma writes: the vectors are in the container itself",
        seen="The container of the vector store has no volume and no directory of the machine at the path where its "
        "version keeps its data (/data for 1.x, /chroma/chroma for 0.x), or only a volume without a name",
        why="Whatever makes the container anew (an update, a changed setting, docker compose down) deletes every vector; "
        "the container as it is, running or stopped, is the only copy",
        we="Nothing is changed, and every act that would make this container anew or remove it is refused: install, "
        "secret rotation, uninstall and the healer's own",
        you="Stop it, copy the data out, mount the volume at the right path, and copy the data in; docs/backups.md "
        "has each step",
        commands=(
            "sudo docker stop tars-chromadb-1",
            "sudo docker cp -a tars-chromadb-1:/data /root/chromadb-data",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Look at its mounts; nothing is opened."""
        found: list[Finding] = []
        for it in await stores(world):
            if it.state == "created":
                continue
            image = await image_facts(world.docker, it.image_id)
            path = image.data_path(ROLE)
            if path is not None and not outlives(holding(it.mounts, path)):
                found.append(data_words.unmounted(it, path))
            else:
                found.append(self.passed(f"{path} outlives its container", subject=it.service))
        return found


class Emptied(Check):
    """Chroma answers and holds nothing, where it held something before."""

    id = "chroma.emptied"
    subject = SERVICE
    after = ("docker.down", "docker.hung")
    deadline = 30.0
    every = 600.0
    triggers = frozenset({Trigger.CHANGE})
    about = About(
        what="The vector store answers and has lost all it held",
        seen="Chroma's heartbeat is fine, and the number of its collections, or of the records in them, is 0, where the "
        "last look (kept in state.db) had found some",
        why="Every question to the documents is answered without them, and nothing else notices: the store is up and quick",
        we="Nothing is restored by itself; until there is something in it again no backup that holds vectors gives way to "
        "a newer one",
        you="If you have emptied it yourself, acknowledge the incident: it ends with the next document. Else look which "
        "volume it has mounted, and restore the newest backup",
        commands=("tarsctl incidents", "docker inspect -f '{{json .Mounts}}' tars-chromadb-1"),
    )

    def applies(self, world: World) -> bool:
        """Only where it is to run."""
        return any(it.service.role == ROLE and it.wanted == "running" for it in world.services)

    async def ask(self, world: World) -> Finding:
        """Count, compare with the count before, and keep it."""
        view = next(it for it in world.services if it.service.role == ROLE)
        if view.busy or not view.answers.ready:
            return self.unknown(view.busy or "it does not answer yet", subject=view.name)
        held, before = await world.chroma.holds(), await world.counts.last(view.name)
        started = view.container.started if view.container is not None else None
        now = Count(held.collections, held.records, times.now(), str(started))
        if before is None or not _lost(now, before):
            if before is None or before.lost or _differs(now, before):
                await world.counts.note(view.name, now)
            return self.passed(_words(now), subject=view.name)
        if not before.lost:
            await world.counts.note(view.name, replace(before, lost=True))
        return self.fail(
            f"holds {_words(now)}, and held {_words(before)} at {before.at}",
            "docker inspect -f '{{json .Mounts}}' tars-chromadb-1; to restore a backup: "
            f"{data_words.GUIDE}; if you emptied it yourself: tarsctl incidents ack",
            subject=view.name,
        )


def _lost(now: Count, before: Count) -> bool:
    """Not where somebody has deleted the last of one collection, in the same run: that is how a store is tidied up."""
    if now.collections == 0 and before.collections > 0:
        return before.lost or before.collections > 1 or now.run != before.run
    emptied = now.records == 0 and (before.records or 0) > 0
    return emptied and (before.lost or now.collections > 1 or now.run != before.run)


def _differs(now: Count, before: Count) -> bool:
    return replace(now, at="") != replace(before, at="")


def _words(count: Count) -> str:
    records = "" if count.records is None else f" with {count.records} records"
    return f"{count.collections} collection{'' if count.collections == 1 else 's'}{records}"


class V1Client(Check):
    """Somebody asks Chroma by its first API, which 1.x answers with 410."""

    id = "chroma.v1-client"
    subject = SERVICE
    severity = Status.WARN
    warns = True
    after = ("docker.down", "docker.hung")
    deadline = 20.0
    every = 1800.0
    about = About(
        what="A program of the stack still speaks the first version of Chroma's API",
        seen=f"In the last {LINES} lines of the last hour of a service's log stands what Chroma 1.x answers to everything "
        f'below /api/v1, with status 410: "{V1_IS_GONE}"',
        why="It finds no document and keeps none, and often goes on as if there were none",
        we="Nothing: the program has to be newer",
        you="Upgrade the client in it: the Python package chromadb 1.0 or newer, or its image",
        commands=("tarsctl logs backend",),
    )

    def applies(self, world: World) -> bool:
        """Only where something asks it."""
        return bool(_clients(world))

    async def ask(self, world: World) -> list[Finding]:
        """Look at the ends of the clients' logs."""
        since = int(time.time()) - 3600
        found: list[Finding] = []
        for name, container in _clients(world):
            lines = await world.log_tail.lines(container, LINES, since=since, deadline=5.0)
            told = [it for it in lines if V1_IS_GONE in it]
            if told:
                words = "asks Chroma by /api/v1, which Chroma 1.x has no more (410)"
                fix = "upgrade its chromadb client to 1.0 or newer"
                found.append(self.warn(words, fix, subject=name, evidence=[told[-1][:300]]))
            else:
                found.append(self.passed("does not", subject=name))
        return found


def _clients(world: World) -> list[tuple[str, Container]]:
    return [
        (it.name, it.container)
        for it in world.services
        if it.service.role in ("api", "ui", "other")
        and it.container is not None
        and it.container.state == "running"
    ]


CHECKS: tuple[Check, ...] = (DataUnmounted(), Emptied(), V1Client())
