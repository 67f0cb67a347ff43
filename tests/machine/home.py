"""A machine with tars-home on it, as its owner handles it: apt, tarsctl, systemctl, docker."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.machine.machine import Machine, Ran
from tests.machine.shapes import Change, Error, ErrorBody, Shape, Status

REPOSITORY = "/srv/tars-home-apt"
ARCHIVE = "/srv/stack-images.tar"
COMPOSE_PLUGIN = "/usr/libexec/docker/cli-plugins/docker-compose"
STATE = "/var/lib/tars-home"
CONF_D = "/etc/tars-home/conf.d"
UNREACHABLE, TRIES = 3, 10
"""tarsctl waits two seconds for tarsd; without KVM, on a busy host, a machine stands still for longer than that."""
SHOW_STARTED = "{{.Name}} {{.State.StartedAt}}"

AnyShape = TypeVar("AnyShape", bound=Shape)


@dataclass(frozen=True)
class Home:
    """What the tests do on a machine, each act in the words of the person who would do it."""

    machine: Machine

    def use_repository(self, repository: Path) -> None:
        """Let apt take packages from this repository, in place of an earlier one."""
        self.machine.sh(f"rm -rf {REPOSITORY}")
        self.machine.put(repository, REPOSITORY)
        self.machine.sh(
            f"cp {REPOSITORY}/tars-home.sources /etc/apt/sources.list.d/"
            f" && sed -i 's|^URIs:.*|URIs: file:{REPOSITORY}|'"
            " /etc/apt/sources.list.d/tars-home.sources && apt-get update -q"
        )

    def use_compose(self) -> None:
        """Give a Debian 12 machine the Compose v2 that its distribution lacks."""
        self.machine.sh(f"test -x {COMPOSE_PLUGIN} || dpkg -i /opt/compose-v2/docker-compose_*.deb")

    def apt(self, *words: str, check: bool = True) -> Ran:
        command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", *words]
        return self.machine.exec(*command, check=check, within=180)

    def tarsctl(self, *words: str, status: int = 0, user: str = "root", within: float = 60) -> Ran:
        """Run tarsctl and insist on its exit status."""
        command = ["tarsctl", *words]
        if user != "root":
            command = ["runuser", "-u", user, "--", *command]
        ran = self.machine.exec(*command, check=False, within=within)
        for _ in range(TRIES if self.machine.slowness > 1 and status != UNREACHABLE else 0):
            if ran.status != UNREACHABLE:
                break
            ran = self.machine.exec(*command, check=False, within=within)
        assert ran.status == status, f"wanted status {status}\n{ran}"
        return ran

    def ask(
        self, shape: type[AnyShape], *words: str, status: int = 0, within: float = 60
    ) -> AnyShape:
        """Run tarsctl with --json and insist on the shape of docs/json.md."""
        ran = self.tarsctl(*words, "--json", status=status, within=within)
        return shape.model_validate_json(ran.out)

    def refused(self, *words: str, status: int, within: float = 60) -> str:
        """Run tarsctl, which must fail with one line in the form of all errors; returns it."""
        ran = self.tarsctl(*words, status=status, within=within)
        lines = [line for line in ran.err.splitlines() if "cannot " in line]
        assert len(lines) == 1, ran
        assert "Traceback" not in ran.err + ran.out, ran
        return lines[0]

    def error(self, *words: str, status: int, within: float = 60) -> ErrorBody:
        """The same with --json: the error, or that of the change which the command started."""
        ran = self.tarsctl(*words, "--json", status=status, within=within)
        if "tasks" not in json.loads(ran.out):
            return Error.model_validate_json(ran.out).error
        change = Change.model_validate_json(ran.out)
        assert change.error is not None, ran
        return change.error

    def status(self) -> Status:
        return self.ask(Status, "status")

    def install_package(self, *more: str) -> None:
        self.apt("install", "tars-home", *more)

    def install_from_debian(self, *packages: str) -> None:
        """Packages that are not the product's, from Debian's mirror, which is there for just so long."""
        self.machine.sh(
            "cd /etc/apt/sources.list.d && cp debian.list.disabled debian.list && apt-get update -q"
            " && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
            f" {' '.join(packages)}; status=$?; rm debian.list; apt-get update -q; exit $status",
            within=300,
        )

    def install_stack(self) -> Ran:
        return self.tarsctl("install", "--yes", "--image-archive", ARCHIVE, within=420)

    def wait_for(self, overall: str, within: float = 60) -> None:
        """Wait until `tarsctl status` says so of the whole stack."""

        def says() -> bool:
            ran = self.machine.exec("tarsctl", "status", "--json", check=False)
            return ran.status == 0 and json.loads(ran.out)["overall"] == overall

        self.machine.wait(f"status to say {overall}", says, within)

    def wait_for_answer(self, within: float = 10) -> None:
        """Wait until tarsd answers again."""

        def answers() -> bool:
            return self.machine.exec("tarsctl", "status", check=False).status == 0

        self.machine.wait("tarsd to answer", answers, within)

    def started(self) -> dict[str, str]:
        """When each container of the stack was started, by name."""
        listed = self.machine.sh(
            "docker ps -aq --filter label=tars.role | xargs -r docker inspect"
            f" --format '{SHOW_STARTED}'"
        )
        return dict(line.split(" ", 1) for line in listed.out.splitlines())

    def container(self, service: str) -> str:
        """The id of a service's container."""
        found = self.machine.sh(
            f"docker ps -aq --filter label=tars.role"
            f" --filter label=com.docker.compose.service={service}"
        ).out.split()
        assert len(found) == 1, found
        return found[0]

    def main_pid(self, service: str) -> int:
        """The process id, in the machine, of a container's first process."""
        shown = self.machine.exec(
            "docker", "inspect", "--format", "{{.State.Pid}}", self.container(service)
        )
        return int(shown.out)

    def unit(self, name: str) -> str:
        """A property of tarsd.service, such as MainPID."""
        return self.machine.exec(
            "systemctl", "show", "--value", "--property", name, "tarsd"
        ).out.strip()

    def restart_daemon(self) -> None:
        self.machine.exec("systemctl", "restart", "tarsd")

    def journal(self, *filters: str) -> list[dict[str, Any]]:
        """Journal entries of tarsd as dictionaries, oldest first."""
        shown = self.machine.exec("journalctl", "-u", "tarsd", "-o", "json", "--all", *filters)
        return [json.loads(line) for line in shown.out.splitlines()]

    @contextmanager
    def settings(self, content: str | bytes) -> Generator[str]:
        """A settings file that is there for a while, not yet read by tarsd; gives its path."""
        path = f"{CONF_D}/90-test.toml"
        self.machine.write(path, content)
        try:
            yield path
        finally:
            self.machine.exec("rm", "-f", path)

    def describe(self) -> str:
        """What a person would look at after a failure."""
        questions = (
            "systemctl status --no-pager --lines=0 tarsd docker",
            "journalctl -u tarsd --no-pager --lines=80 --output=short-precise",
            "docker ps -a",
            "ls -lA /var/lib/tars-home /etc/tars-home/conf.d",
        )
        answers = (self.machine.sh(f"{asked} 2>&1", check=False) for asked in questions)
        return "\n".join(
            f"$ {asked}\n{ran.out}" for asked, ran in zip(questions, answers, strict=True)
        )


MakeHome = Callable[..., Home]  # makes a machine of a suite, bare or not
