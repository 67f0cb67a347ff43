"""Docker Compose v2, run only to act, each time as a job; to look there is the Engine's API."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from tarsd.errors import EngineUnavailable, StackInvalid
from tarsd.host.compose_refusals import act_refused, last_words
from tarsd.host.jobs import Job, Jobs, Outcome

PLUGIN_DIRECTORIES = (
    Path("/usr/local/lib/docker/cli-plugins"),
    Path("/usr/local/libexec/docker/cli-plugins"),
    Path("/usr/lib/docker/cli-plugins"),
    Path("/usr/libexec/docker/cli-plugins"),
)
"""Where Docker's CLI looks for plugins, in its order (docker/cli, cli-plugins/manager)."""

INSTALL_COMPOSE = (
    "install Compose v2: sudo apt install docker-compose-plugin (Docker's repository), docker-compose-v2 "
    "(Ubuntu) or docker-compose (Debian 13); Debian 12 has only v1"
)


_WARNING = re.compile(r'\blevel=warning msg=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
"""A line of its log, in logrus' form."""


By = Literal["owner", "healer", "undo"]
"""Who wants an act: the owner's change, the healer alone, or the undo of a change, which brings back what was before."""


class Guard(Protocol):
    """Asked before containers are created, made anew or removed. Raises DataAtRisk where that could cost data."""

    async def before_up(
        self, generation: Path, services: Sequence[str], *, recreate: bool, by: By
    ) -> None:
        """Before `up`; `recreate`: containers that are there may be replaced."""
        ...

    async def before_down(self) -> None:
        """Before every container of the project is removed."""
        ...


@dataclass(frozen=True)
class Resolved:
    """A stack with nothing left to interpolate, and what Compose warned of meanwhile, each once."""

    stack: dict[str, Any]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Compose:
    """The plugin binary, called itself: half the CPU of going through `docker compose`."""

    jobs: Jobs
    project: str
    state: Path
    engine_socket: str
    directories: Sequence[Path] = PLUGIN_DIRECTORIES
    guard: Guard | None = None

    def binary(self) -> Path:
        """The plugin. Raises EngineUnavailable saying what to install."""
        for directory in self.directories:
            candidate = directory / "docker-compose"
            if candidate.is_file():
                return candidate
        old = Path("/usr/bin/docker-compose").exists()
        found = "only Compose v1 is installed" if old else "Docker Compose v2 is not installed"
        raise EngineUnavailable(f"cannot run the stack: {found}", fix=INSTALL_COMPOSE)

    async def version(self) -> str:
        """The plugin's version, such as 2.26.1. Raises EngineUnavailable, JobFailed."""
        outcome = await self._run("version", ["version", "--short"], {}, 20)
        if outcome.status != 0:
            raise EngineUnavailable(
                f"cannot run {self.binary()}: {last_words(outcome)}", fix=INSTALL_COMPOSE
            )
        return outcome.output.decode(errors="replace").strip().lstrip("v")

    async def resolve(
        self,
        files: Sequence[Path],
        profiles: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
    ) -> "Resolved":
        """Merge and interpolate Compose files as Compose itself does; relative paths start at `directory`.

        Raises StackInvalid with Compose's own reason.
        """
        arguments = ["--project-directory", str(directory)]
        arguments += [argument for file in files for argument in ("--file", str(file))]
        arguments += [argument for name in profiles for argument in ("--profile", name)]
        outcome = await self._run(
            "config", [*arguments, "config", "--format", "json"], environment, 60
        )
        if outcome.status != 0:
            raise StackInvalid(
                f"cannot render the stack: Compose says: {last_words(outcome)}",
                fix=f"correct {files[-1]}, then: sudo tarsctl install",
            )
        try:
            stack = json.loads(outcome.output)
            services = stack["services"].items()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StackInvalid(
                f"cannot render the stack: Compose's answer {outcome.output[:60]!r} has no services",
                fix=INSTALL_COMPOSE,
            ) from error
        if not services:
            raise StackInvalid(
                "cannot render the stack: it has no service", fix=f"look at {files[-1]}"
            )
        return Resolved(cast("dict[str, Any]", stack), warnings_of(outcome.errors))

    async def up(
        self,
        generation: Path,
        services: Sequence[str],
        *,
        recreate: bool,
        start: bool = True,
        by: By = "owner",
    ) -> None:
        """Create (and start) services of a generation without touching others or asking a registry.

        Raises DataAtRisk where the guard forbids it.
        """
        if self.guard is not None:
            await self.guard.before_up(generation, services, recreate=recreate, by=by)
        options = ["--detach", "--no-deps", "--pull", "never", "--no-build", "--quiet-pull"]
        options += [] if recreate else ["--no-recreate"]
        options += [] if start else ["--no-start"]
        await self._act("up", generation, ["up", *options, *services], 600)

    async def down(self, generation: Path) -> None:
        """Stop and remove the project's containers and networks; volumes stay. Raises DataAtRisk."""
        if self.guard is not None:
            await self.guard.before_down()
        await self._act("down", generation, ["down", "--remove-orphans"], 600)

    async def _act(
        self, name: str, generation: Path, arguments: Sequence[str], deadline: float
    ) -> None:
        outcome = await self._run(name, ["--file", str(generation), *arguments], {}, deadline)
        if outcome.status != 0:
            raise act_refused({"up": "start", "down": "remove"}[name], outcome)

    async def _run(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        deadline: float,
    ) -> Outcome:
        plain = ["--project-name", self.project, "--ansi", "never", "--progress", "quiet"]
        return await self.jobs.run(
            Job(
                name=f"compose-{name}",
                subject="compose",
                argv=[str(self.binary()), *(plain if name != "version" else []), *arguments],
                deadline=deadline,
                environment={
                    "HOME": str(self.state),
                    "DOCKER_CONFIG": str(self.state / "docker"),
                    "DOCKER_HOST": f"unix://{self.engine_socket}",
                    "COMPOSE_DISABLE_ENV_FILE": "1",
                    **environment,
                },
            )
        )


def warnings_of(said: str) -> tuple[str, ...]:
    """The warnings among what Compose said on its standard error, each once, in their order."""
    found = (quoted or bare for quoted, bare in _WARNING.findall(said))
    return tuple(dict.fromkeys(re.sub(r"\\(.)", r"\1", text) for text in found))
