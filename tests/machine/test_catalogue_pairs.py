"""Two faults at once, of which one is the other's root: it is named, and there is one incident.

A run writes its table into dist/. All of it takes minutes: `--every-fault`.
"""

import time
from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import ASIDE, FROZEN, PID, REDIS
from tests.machine.faults.story import Story
from tests.machine.faults.trial import Trial, hours_pass, wait_out_the_boot
from tests.machine.home import ARCHIVE, Home

LISTEN = (
    "systemd-run --quiet --unit=squatter --collect python3 -m http.server --bind 127.0.0.1 6379"
)
TAKEN = "for _ in $(seq 100); do ! ss -ltn | grep -q '127.0.0.1:6379 ' || break; sleep 0.1; done"
SILENT = "curl -fsS http://127.0.0.1:11434/double/scenario -d '{\"work_delay\": 45}'"


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    rows: list[Variant] = []
    yield rows
    catalogue.write("pairs", rows)


@pytest.fixture
def trial(home: Home, pytestconfig: pytest.Config) -> Trial:
    if not pytestconfig.getoption("--every-fault"):
        pytest.skip("takes minutes: --every-fault")
    wait_out_the_boot(home)
    keepsake = Keepsake.leave(home)
    hours_pass(home)
    home.wait_for("healthy")
    return Trial(home, keepsake)


def one(trial: Trial, story: Story, rows: list[Variant], done: str, outcome: str) -> None:
    """All is well again, and there was that one incident."""
    trial.end()
    assert [(it.fault, it.subject) for it in trial.incidents()] == [(story.fault, story.subject)]
    seen = max((story.opened - trial.at).total_seconds(), 0)
    rows.append(Variant(story.fault, done, seen, outcome))


def test_a_database_and_the_page_that_needs_it(trial: Trial, rows: list[Variant]) -> None:
    home = trial.home
    home.tarsctl("install", "--yes", "--with-frontend", "--image-archive", ARCHIVE, within=240)
    try:
        home.wait_for("healthy", within=120)
        trial.inject(
            "postgres", f"docker kill tars-postgres-1 & kill -9 $({PID} tars-webui-1); wait"
        )
        story = trial.wait("service.exited", "postgres", "resolved")
        assert story.remedies == ["service.start"]
        one(
            trial, story, rows, "`docker kill` of PostgreSQL and `kill -9` of the web UI", "started"
        )
    finally:
        home.tarsctl("install", "--yes", "--without-frontend", within=240)


def test_a_port_and_the_service_whose_it_is(trial: Trial, rows: list[Variant]) -> None:
    """Nothing is started in vain, and whoever has the port is named."""
    trial.inject(
        "redis",
        f"{ASIDE} STOP tarsd; docker kill {REDIS}; {LISTEN}; {TAKEN}; {ASIDE} CONT tarsd",
    )
    try:
        story = trial.wait("port.taken", "port 6379", "open", within=150)
        assert "python3" in story.summary
        assert story.acts == []
        time.sleep(60)
        assert [it.fault for it in trial.incidents()] == ["port.taken"]
    finally:
        trial.home.machine.exec("systemctl", "stop", "squatter")
    one(
        trial,
        story,
        rows,
        "`docker kill` of Redis, its port taken meanwhile",
        "told; started once it was free",
    )


def test_a_model_server_and_what_it_runs(trial: Trial, rows: list[Variant]) -> None:
    """A runner that hangs in a server that hangs is no fault of its own."""
    trial.inject("ollama", f"{SILENT}; {FROZEN.replace('CONTAINER', 'tars-ollama-1')}")
    story = trial.wait("service.hung", "ollama", "resolved")
    assert story.remedies == ["service.restart"]
    one(trial, story, rows, "SIGSTOP of the model server, whose runner hung before", "restarted")


def test_an_engine_and_a_service_on_it(trial: Trial, rows: list[Variant]) -> None:
    """Asked for two minutes after its start at the earliest, a hung Docker is restarted, and the service with it."""
    time.sleep(120)
    frozen = FROZEN.replace("CONTAINER", REDIS)
    trial.inject("chromadb", f"{frozen}; systemctl kill --kill-whom=main --signal=STOP docker")
    story = trial.wait("docker.hung", "docker", "resolved", within=300)
    assert story.remedies == ["docker.restart"]
    one(trial, story, rows, "SIGSTOP of dockerd and of Redis", "Docker restarted, Redis with it")
