"""A double of Docker Compose, run where jobs are: it acts on the double of the Engine. `own` plays the product's jobs."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tarsd.errors import JobFailed
from tarsd.host.in_job import CannotAnswer, file_edit
from tarsd.host.jobs import Job, Outcome
from tests.unit.changes.workshop import Points
from tests.unit.fake_engine import FakeContainer, FakeEngine


def _edited(given: Any) -> Any:
    """Files are edited for real, below a test's own directory."""
    try:
        return file_edit.answer(given)
    except CannotAnswer as error:
        return JobFailed(str(error))


VERBS = ("version", "config", "up", "down")


class FakeCompose:
    """`stack` is what `config` resolves to, `starts` the containers that services get, `fails` what is refused and why.

    `warns` is what `config` says on its standard error.

    `own` are the answers of the product's own jobs by name: a value, an exception, or what makes one of what is given.
    """

    def __init__(self, engine: FakeEngine, stack: dict[str, Any]) -> None:
        self.stack = stack
        self.starts: dict[str, FakeContainer] = {}
        self.fails: dict[str, str] = {}
        self.warns = ""
        self.version = "2.26.1"
        self.jobs: list[Job] = []
        self.bundle: Callable[[Job], Outcome] = lambda _: Outcome(1, b"", "no bundles here")
        self.leftovers: list[str] = []
        self.points = Points()
        self.own: dict[str, Any] = {
            "listeners": [],
            "reach": _all_answer,
            "file-edit": _edited,
        }
        self._engine = engine

    def calls(self, verb: str) -> list[Sequence[str]]:
        """What follows the verb, for each such call so far."""
        found = [_split(job.argv) for job in self.jobs if job.argv[-2] != "job"]
        return [words for called, words in found if called == verb]

    async def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        await self.points.reach()
        outcome = self._act(job)
        await self.points.reach()
        return outcome

    def _act(self, job: Job) -> Outcome:
        if job.argv[-2] == "job":
            answer = self.own[job.argv[-1]]
            made = answer(json.loads(job.given)) if callable(answer) else answer
            if isinstance(made, Exception):
                raise made
            return Outcome(0, json.dumps(made).encode(), "")
        if job.argv[-2] == "bundle":
            return self.bundle(job)
        verb, words = _split(job.argv)
        if verb in self.fails:
            return Outcome(1, b"", self.fails[verb])
        if verb == "version":
            return Outcome(0, f"{self.version}\n".encode(), "")
        if verb == "config":
            return Outcome(0, json.dumps(self._resolved(job.argv)).encode(), self.warns)
        generation = json.loads(Path(job.argv[job.argv.index("--file") + 1]).read_text())
        if verb == "down":
            for name in generation["services"]:
                self._engine.containers.pop(name, None)
        else:
            self._up(generation, words)
        return Outcome(0, b"", "")

    async def stop_leftovers(self) -> list[str]:
        return self.leftovers

    @property
    def strays(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is open."""

    def _resolved(self, argv: Sequence[str]) -> dict[str, Any]:
        profiles = {argv[at + 1] for at, word in enumerate(argv) if word == "--profile"}
        chosen = {
            name: service
            for name, service in self.stack["services"].items()
            if not service.get("profiles") or profiles & set(service["profiles"])
        }
        return {**self.stack, "services": chosen}

    def _up(self, generation: Mapping[str, Any], words: Sequence[str]) -> None:
        for name in words[words.index("never") + 1 :]:
            if name.startswith("--"):
                continue
            service = generation["services"][name]
            for volume in service.get("volumes", []):
                self._engine.volumes[f"tars_{volume['source']}"] = "tars"
            definition = json.dumps(service, sort_keys=True) + "".join(
                Path(file).read_text() for file in service.get("env_file", [])
            )
            found = self._engine.containers.get(name)
            if found is None or (found.definition != definition and "--no-recreate" not in words):
                found = self.starts.get(name) or FakeContainer(name)
                found.definition, found.image = definition, service["image"]
                found.volumes = [f"tars_{it['source']}" for it in service.get("volumes", [])]
                found.state = "created"
                self._engine.add(found)
            if found.state != "running" and "--no-start" not in words:
                found.state = "running"
                self._engine.add(found)


def _all_answer(places: list[object]) -> list[dict[str, None]]:
    return [{"unresolved": None, "unreached": None} for _ in places]


def _split(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    at = next(number for number, word in enumerate(argv) if word in VERBS)
    return argv[at], argv[at + 1 :]
