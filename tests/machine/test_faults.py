"""Each fault of a service and of the Engine, done for real: what the ledger then says, what was done, that data is whole.

Those that disturb nothing that runs come first: for five minutes after a boot tarsd restarts nothing. What takes minutes
is left out without `--every-fault`. A run writes its table into dist/.
"""

import time
from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import table
from tests.machine.faults.injuries import (
    ASIDE,
    COMPOSE,
    EAT,
    ELSEWHERE,
    FROZEN,
    LOOP,
    NO_SUCH_COMMAND,
    OVERRIDE,
    PID,
    REDIS,
)
from tests.machine.faults.story import Story
from tests.machine.faults.table import Row
from tests.machine.faults.trial import ASKED, Trial, hours_pass, leaked, wait_out_the_boot
from tests.machine.home import ARCHIVE, Home


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """The table of this run."""
    rows: list[Row] = []
    yield rows
    table.write(rows)


@pytest.fixture(scope="module")
def keepsakes() -> dict[str, Keepsake]:
    """By machine: another one takes the place of one that was not left healthy."""
    return {}


@pytest.fixture
def trial(home: Home, keepsakes: dict[str, Keepsake]) -> Trial:
    """A machine that is well, in whose ledger nothing is of the last hour."""
    if home.machine.name not in keepsakes:
        keepsakes[home.machine.name] = Keepsake.leave(home)
    hours_pass(home)
    home.wait_for("healthy")
    time.sleep(2)  # each service is asked once
    return Trial(home, keepsakes[home.machine.name])


@pytest.fixture
def settled(home: Home) -> None:
    """Long enough after its boot for restarts."""
    wait_out_the_boot(home)


def faults(trial: Trial) -> set[tuple[str, str]]:
    return {(it.fault, it.subject) for it in trial.incidents()}


def test_crash(trial: Trial, rows: list[Row]) -> None:
    """Docker mends it, and the ledger knows."""
    trial.inject("postgres", f"kill -9 $({PID} tars-postgres-1)")
    story = trial.wait("service.exited", "postgres", "resolved")
    assert story.severity == "warn"
    assert story.remedies == []
    trial.end()
    assert faults(trial) == {("service.exited", "postgres")}
    rows.append(
        trial.row("`kill -9` of PostgreSQL's first process", story, "resolved: Docker started it")
    )


def test_docker_kill(trial: Trial, rows: list[Row]) -> None:
    """Docker takes that for its owner's stop, and does not start it again."""
    trial.inject("redis", f"docker kill {REDIS}")
    story = trial.wait("service.exited", "redis", "resolved")
    assert story.remedies == ["service.start"]
    assert story.attempts == 1
    assert any("inspect" in name for name in story.evidence), story.evidence
    trial.end()
    assert faults(trial) == {("service.exited", "redis")}
    rows.append(trial.row("`docker kill`", story, "resolved: started"))


def test_two_faults_at_once(trial: Trial, rows: list[Row]) -> None:
    """Neither waits for the other."""
    trial.inject("redis", f"docker kill {REDIS} & docker rm -f tars-chromadb-1; wait")
    missing = trial.wait("service.missing", "chromadb", "resolved")
    exited = trial.wait("service.exited", "redis", "resolved")
    assert (missing.remedies, exited.remedies) == (["service.create"], ["service.start"])
    trial.end()
    rows.append(
        trial.row(
            "`docker kill` of Redis and `docker rm -f` of Chroma at once", exited, "both resolved"
        )
    )


def crash_again_and_again(trial: Trial) -> Story:
    """Until it is held."""
    trial.home.machine.write("/srv/loop", LOOP)
    trial.inject("redis", "systemd-run --quiet --unit=loop --collect bash /srv/loop")
    try:
        return trial.wait("service.crash-loop", "redis", "held")
    finally:
        trial.home.machine.exec("systemctl", "stop", "loop")


def test_crash_loop(trial: Trial, rows: list[Row]) -> None:
    """It is stopped and held, its last words are kept, and its owner's word brings it back."""
    held = crash_again_and_again(trial)
    assert held.remedies == ["service.stop"]
    assert held.next_try is not None
    assert any("container.log" in name for name in held.evidence), held.evidence
    time.sleep(3)
    assert trial.home.status().service("redis").state == "exited"
    trial.home.tarsctl("incidents", "release", str(held.id))
    story = trial.wait("service.crash-loop", "redis", "resolved")
    assert story.remedies == ["service.stop", "service.start"]
    trial.end()
    assert faults(trial) == {("service.crash-loop", "redis")}, "its first ends are no other outage"
    rows.append(
        trial.row(
            "`kill -9` of Redis again and again",
            story,
            "stopped and held; back by `incidents release`",
        )
    )


def test_missing_container(trial: Trial, rows: list[Row]) -> None:
    """It is made again from the current generation."""
    trial.inject("redis", f"docker rm -f {REDIS}")
    story = trial.wait("service.missing", "redis", "resolved")
    assert story.remedies == ["service.create"]
    trial.end()
    rows.append(trial.row("`docker rm -f`", story, "resolved: created"))


@pytest.mark.usefixtures("every_fault")
def test_missing_image(trial: Trial, rows: list[Row]) -> None:
    """Nothing can be done before the image is there again, and nothing is."""
    trial.inject(
        "redis",
        f"{ASIDE} STOP tarsd; docker rm -f {REDIS}; docker rmi -f redis:8.10.1; {ASIDE} CONT tarsd",
    )
    story = trial.wait("image.missing", "redis", "open")
    time.sleep(5)
    assert trial.stories()[-1].acts == []
    trial.home.machine.exec("docker", "load", "--quiet", "--input", ARCHIVE, within=120)
    trial.wait("image.missing", "redis", "resolved", within=120)
    trial.end()
    rows.append(
        trial.row("`docker rm -f` and `docker rmi`", story, "no act; created after `docker load`")
    )


def test_missing_network(trial: Trial, rows: list[Row]) -> None:
    """One cause, and each service that had it is back."""
    trial.inject(
        "redis",
        f"{ASIDE} STOP tarsd;"
        "for id in $(docker ps -q --filter label=tars.role); do docker network disconnect -f tars_inner $id; done;"
        f"docker network rm tars_inner; {ASIDE} CONT tarsd",
    )
    story = trial.wait("network.missing", "redis", "resolved", within=180)
    trial.end()
    assert faults(trial) == {("network.missing", service) for service in ASKED}
    assert {tuple(it.remedies) for it in trial.stories()} == {("service.create",)}
    rows.append(
        trial.row("containers disconnected, network removed", story, "resolved: made again")
    )


@pytest.mark.usefixtures("every_fault")
def test_never_started(trial: Trial, rows: list[Row]) -> None:
    """As after a boot in which what it needs came too late."""
    trial.inject("redis", f"{COMPOSE} create --force-recreate redis")
    story = trial.wait("service.not-started", "redis", "resolved")
    assert story.remedies == ["service.start"]
    trial.end()
    rows.append(trial.row("created and never started", story, "resolved: started"))


def test_out_of_memory(trial: Trial, rows: list[Row]) -> None:
    """It is told as what it was; Docker starts it again."""
    try:
        trial.inject("redis", EAT)
        story = trial.wait("service.oom", "redis", "resolved")
    finally:
        trial.home.machine.exec(
            "docker", "update", "--memory", "512m", "--memory-swap", "1g", REDIS
        )
    assert "64 MiB" in story.summary
    trial.end()
    assert faults(trial) == {("service.oom", "redis")}
    rows.append(trial.row("memory limit reached", story, "resolved: Docker started it"))


@pytest.mark.usefixtures("every_fault")
def test_wrong_generation(trial: Trial, rows: list[Row]) -> None:
    """An owner's own container is told of and left alone; an install puts it right."""
    trial.inject("redis", ELSEWHERE)
    story = trial.wait("stack.drift", "redis", "open")
    time.sleep(5)
    assert faults(trial) == {("stack.drift", "redis")}
    assert trial.stories()[-1].acts == []
    trial.home.tarsctl("install", "--yes", within=180)
    trial.wait("stack.drift", "redis", "resolved")
    trial.end()
    rows.append(
        trial.row("container made by other means", story, "warned, no act; put right by `install`")
    )


@pytest.mark.usefixtures("every_fault")
def test_false_unhealthy(trial: Trial, rows: list[Row]) -> None:
    """A health check that cannot be run says nothing of the service."""
    machine = trial.home.machine
    machine.write(OVERRIDE, NO_SUCH_COMMAND)
    try:
        trial.home.tarsctl("install", "--yes", status=0, within=180)
        trial.inject("redis", "true")
        machine.wait(
            "Docker to call it unhealthy",
            lambda: (
                "unhealthy"
                in machine.sh(f"docker inspect -f '{{{{.State.Health.Status}}}}' {REDIS}").out
            ),
        )
        started = trial.home.started()
        time.sleep(15)
        assert trial.stories() == []
        assert trial.home.started() == started
        row = trial.row("health check whose command is not there", None, "no act")
    finally:
        machine.exec("rm", "-f", OVERRIDE)
        trial.home.tarsctl("install", "--yes", within=180)
    trial.end()
    rows.append(row)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ('[heal]\nmode = "suggest"\n', "would start redis: [heal] only suggests"),
        ('[heal.services]\nredis = "off"\n', "left alone: [heal] is off for it"),
    ],
    ids=["suggest", "off"],
)
def test_heal_mode(trial: Trial, rows: list[Row], settings: str, word: str) -> None:
    """Told and not done, until the owner says otherwise."""
    with trial.home.settings(settings):
        trial.home.tarsctl("config", "reload")
        trial.inject("redis", f"docker kill {REDIS}")
        story = trial.wait("service.exited", "redis", "open")
        time.sleep(6)
        story = trial.stories()[-1]
        assert story.tells("decided", word), story.entries
        assert story.acts == []
        assert trial.home.status().service("redis").state == "exited"
    trial.home.tarsctl("config", "reload")
    story = trial.wait("service.exited", "redis", "resolved")
    assert story.remedies == ["service.start"]
    trial.end()
    mode = "suggest" if "suggest" in settings else "off"
    rows.append(
        trial.row(f'`docker kill`, heal mode "{mode}" for 6 s', story, "told; started once allowed")
    )


def test_engine_restarted(trial: Trial, rows: list[Row]) -> None:
    """Nothing is left of it, and nobody has stopped anything."""
    trial.inject("redis", "systemctl restart docker", within=180)
    trial.home.wait_for("healthy", within=120)
    time.sleep(25)  # a stop by hand would have its verdict by now
    trial.end()
    assert {it.status for it in trial.incidents()} <= {"resolved"}
    rows.append(trial.row("`systemctl restart docker`", None, "nothing left, intent right"))


def test_engine_killed(trial: Trial, rows: list[Row]) -> None:
    """systemd starts it again; what it left behind is started by us."""
    trial.inject("redis", "systemctl kill --kill-whom=main --signal=KILL docker")
    story = trial.wait("docker.killed-left-exited", "redis", "resolved", within=120)
    assert story.remedies == ["service.start"]
    trial.end()
    slow = {
        ("docker.hung", "docker"),
        ("docker.down", "docker"),
    }  # on a busy host it takes long to come
    assert faults(trial) - slow == {(story.fault, service) for service in ASKED}
    rows.append(
        trial.row(
            "`kill -9` of dockerd", story, "resolved: systemd started it, we what it had left"
        )
    )


def test_unhealthy(settled: None, trial: Trial, rows: list[Row]) -> None:
    """Its process lives and answers 500."""
    scenario = "http://127.0.0.1:11434/double/scenario"
    trial.inject("ollama", f"curl -fsS -d '{{\"status\": 500}}' {scenario}")
    story = trial.wait("service.unhealthy", "ollama", "resolved")
    assert story.remedies == ["service.restart"]
    trial.end()
    assert faults(trial) == {("service.unhealthy", "ollama")}
    rows.append(trial.row("model server answers 500", story, "resolved: restarted"))


def test_hung(settled: None, trial: Trial, rows: list[Row]) -> None:
    """A stopped process hears no signal: it gets the short grace, and is not the long one's prisoner."""
    hung(trial, rows, "redis", "Redis")


def test_hung_vector_store(settled: None, every_fault: None, trial: Trial, rows: list[Row]) -> None:
    """The same over HTTP."""
    hung(trial, rows, "chromadb", "Chroma")


def hung(trial: Trial, rows: list[Row], service: str, name: str) -> None:
    trial.inject(service, FROZEN.replace("CONTAINER", f"tars-{service}-1"))
    story = trial.wait("service.hung", service, "resolved")
    assert story.remedies == ["service.restart"]
    assert story.acts[0].seconds is not None
    assert story.acts[0].seconds < 20  # its hung grace is 5 s, its own 30
    trial.end()
    assert faults(trial) == {("service.hung", service)}
    rows.append(trial.row(f"SIGSTOP of all processes of {name}", story, "resolved: restarted"))


def test_crash_loop_tried_again(every_fault: None, trial: Trial, rows: list[Row]) -> None:
    """Held, it is tried again half an hour later: here the ledger's clock goes on while tarsd is down."""
    held = crash_again_and_again(trial)
    time.sleep(20)  # its stop has its verdict: not the owner's
    assert trial.home.status().service("redis").wanted == "running"
    hours_pass(trial.home)
    begun = trial.now()
    trial.home.wait_for("healthy")
    trial.end()
    story = trial.home.ask(Story, "incidents", "show", str(held.id))
    assert (story.status, story.remedies) == ("resolved", ["service.stop", "service.start"])
    last = story.acts[-1]
    act = last.at.timestamp() - (last.seconds or 0) - begun.timestamp()
    done = "a held crash loop whose half hour is over when tarsd starts"
    rows.append(
        Row(done, story.fault, None, max(act, 0), trial.served_after(begun), 1, "resolved: started")
    )


def test_engine_hung(settled: None, every_fault: None, trial: Trial, rows: list[Row]) -> None:
    """Asked for two minutes after its start at the earliest, and once it has been silent for 30 s, it is restarted.

    On a busy host that is 300 s: it may be busy, too."""
    time.sleep(120)
    trial.inject("redis", "systemctl kill --kill-whom=main --signal=STOP docker")
    story = trial.wait("docker.hung", "docker", "resolved", within=480)
    assert story.remedies == ["docker.restart"]
    trial.end()
    rows.append(trial.row("SIGSTOP of dockerd", story, "resolved: restarted"))


def test_evidence_hides_what_a_service_says(trial: Trial) -> None:
    """A service that writes its password into its log."""
    say = (
        f"docker exec {REDIS} sh -c 'echo told: $(cat /run/secrets/redis-password) > /proc/1/fd/1'"
    )
    trial.inject("redis", f"{say}; docker kill {REDIS}")
    story = trial.wait("service.exited", "redis", "resolved")
    kept = trial.home.machine.sh(f"cat {story.evidence_path}/*container.log").out
    assert "told: " in kept
    assert leaked(trial.home) == []
    trial.end()
