"""Two faults at once, of which one is the other's root: it is named, and there is one incident.

A run writes its table into dist/. All of it takes minutes: `--every-fault`.
"""

import time
from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import ASIDE, FLUSH, FROZEN, PID, REDIS
from tests.machine.faults.story import Story
from tests.machine.faults.trial import Trial, hours_pass, wait_out_the_boot
from tests.machine.home import ARCHIVE, Home

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


def test_a_model_server_and_what_it_runs(trial: Trial, rows: list[Variant]) -> None:
    """A runner that hangs in a server that hangs is no fault of its own."""
    trial.inject("ollama", f"{SILENT}; {FROZEN.replace('CONTAINER', 'tars-ollama-1')}")
    story = trial.wait("service.hung", "ollama", "resolved")
    assert story.remedies == ["service.restart"]
    one(trial, story, rows, "SIGSTOP of the model server, whose runner hung before", "restarted")


def test_a_hung_engine_and_a_service_that_hangs(trial: Trial, rows: list[Variant]) -> None:
    """What helps the Engine helps the service: it is not told beside it."""
    home = trial.home
    home.machine.sh("rm -f /run/tarsd/docker-restarted*")
    trial.inject(
        "redis",
        f"{FROZEN.replace('CONTAINER', REDIS)}; systemctl kill --kill-whom=main --signal=STOP docker",
    )
    story = trial.wait("docker.hung", "docker", "resolved", within=240)
    assert story.remedies == ["docker.restart"]
    one(trial, story, rows, "SIGSTOP of dockerd and of Redis", "Docker restarted")


def test_a_flushed_firewall_and_a_service_that_is_killed(trial: Trial, rows: list[Variant]) -> None:
    """It has only ended at first; why it does not come back is known once a start was refused."""
    home = trial.home
    home.machine.sh("rm -f /run/tarsd/docker-restarted*")
    time.sleep(120)  # an Engine that has only just been started is left alone
    trial.inject("redis", f"{FLUSH}; docker kill {REDIS}")
    story = trial.wait("docker.firewall-flushed", "redis", "resolved", within=240)
    assert story.tells("seen", "so far service.exited")
    assert story.remedies == ["service.start"] * 2 + [
        "docker.restart-for-firewall",
        "service.start",
    ]
    one(trial, story, rows, "`iptables -F`, `-X`, and `docker kill`", "Docker restarted")


def test_a_taken_port_and_a_service_that_is_killed(trial: Trial, rows: list[Variant]) -> None:
    """No start is tried that can only fail, and the one that helps is the port's own last act."""
    machine = trial.home.machine
    squat = (
        "systemd-run --quiet --unit=squat --collect python3 -m http.server --bind 127.0.0.1 6379"
    )
    listens = (
        "for _ in $(seq 100); do ss -ltn | grep -q '127.0.0.1:6379 ' && break; sleep 0.1; done"
    )
    trial.inject(
        "redis",
        f"{ASIDE} STOP tarsd; docker kill {REDIS}; {squat}; {listens}; {ASIDE} CONT tarsd",
    )
    try:
        story = trial.wait("port.taken", "port 6379", "open")
        assert "squat.service" in story.summary
        time.sleep(5)
        assert [it.acts for it in trial.stories()] == [[]]
    finally:
        machine.exec("systemctl", "stop", "squat")
    story = trial.wait("port.taken", "port 6379", "resolved", within=150)
    assert story.remedies == ["service.start"]
    one(trial, story, rows, "`docker kill` of Redis and a program on its port", "started once free")
