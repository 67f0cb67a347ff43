"""Databases that cannot use their data, with the real PostgreSQL and Redis: held, kept, and not a byte changed.

What takes minutes is left out without `--every-fault`.
"""

from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.data_trial import (
    BACKUPS,
    POSTGRES,
    VOLUMES,
    backups,
    seen,
    whole,
)
from tests.machine.faults.injuries import REDIS
from tests.machine.faults.trial import Trial, hours_pass
from tests.machine.home import Home


@pytest.fixture(scope="module")
def keepsakes() -> dict[str, Keepsake]:
    """By machine."""
    return {}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    """The table of this run."""
    rows: list[Variant] = []
    yield rows
    catalogue.write("ends", rows)


@pytest.fixture
def trial(home: Home, keepsakes: dict[str, Keepsake]) -> Trial:
    """A machine that is well, in whose ledger nothing is of the last hour."""
    if home.machine.name not in keepsakes:
        keepsakes[home.machine.name] = Keepsake.leave(home)
    hours_pass(home)
    home.wait_for("healthy")
    it = Trial(home, keepsakes[home.machine.name])
    it.at = it.now()
    return it


def test_a_damaged_append_only_file_is_kept_and_held(trial: Trial, rows: list[Variant]) -> None:
    """In the middle: Redis refuses to start. The loop ends, the files are copied, and nobody cuts anything off."""
    home = trial.home
    aof = f"{VOLUMES}/tars_redis/_data/appendonlydir"
    home.machine.sh(
        f"docker stop {REDIS} >/dev/null; cp -a {aof} /srv/aof;"
        f" f=$(ls {aof}/*.incr.aof); for n in $(seq 50); do printf '*1\\r\\n$4\\r\\nPING\\r\\n'; done >> $f;"
        f" printf 'GARBAGE!!' >> $f; for n in $(seq 50); do printf '*1\\r\\n$4\\r\\nPING\\r\\n'; done >> $f;"
        f" md5sum < $f > /srv/aof.md5; docker start {REDIS} >/dev/null"
    )
    story = trial.wait("redis.aof-corrupt", "redis", "held", within=90)
    assert story.remedies == ["data.keep"]
    (kept,) = [it for it in backups(home) if it["kind"] == "aof"]
    inside = home.machine.sh(
        f"tar -xzOf {BACKUPS}/{kept['name']}/{kept['file']} --wildcards '*.incr.aof' | md5sum"
    ).out
    assert inside == home.machine.read("/srv/aof.md5"), "the copy is what it was"
    state = home.machine.exec("docker", "inspect", "-f", "{{.State.Status}}", REDIS).out.strip()
    assert state == "exited"
    assert home.machine.sh(f"md5sum < {aof}/*.incr.aof").out == home.machine.read("/srv/aof.md5")
    home.machine.sh(f"rm -rf {aof}; cp -a /srv/aof {aof}")
    home.tarsctl("start", "redis", within=90)
    trial.wait("redis.aof-corrupt", "redis", "resolved")
    whole(trial)
    rows.append(
        seen(
            trial,
            story,
            "garbage in the middle of the append-only file",
            "stopped, copied, held; no byte changed",
        )
    )


def test_a_major_that_cannot_be_read_is_held(trial: Trial, rows: list[Variant]) -> None:
    """What somebody did behind everyone's back: the server says so, is stopped, and its data is whole."""
    home = trial.home
    version = f"{VOLUMES}/tars_postgres/_data/PG_VERSION"
    home.machine.sh(
        f"docker stop {POSTGRES} >/dev/null; echo 16 > {version}; docker start {POSTGRES} >/dev/null"
    )
    try:
        story = trial.wait("postgres.major-mismatch", "postgres", "held", within=90)
    finally:
        home.machine.sh(f"echo 17 > {version}")
    assert story.summary == "is PostgreSQL 17, and its data is of PostgreSQL 16"
    assert story.remedies == ["service.stop"]
    home.tarsctl("start", "postgres", within=120)
    trial.wait("postgres.major-mismatch", "postgres", "resolved")
    whole(trial)
    rows.append(
        seen(
            trial,
            story,
            "PG_VERSION 16 under a server of 17",
            "stopped and held; resolved by its owner",
        )
    )


@pytest.mark.usefixtures("every_fault")
def test_a_full_disk_is_waited_out(trial: Trial, rows: list[Variant]) -> None:
    """A small file system of its own, kept full to the last byte; nothing in it is touched, and nothing restarted."""
    home = trial.home
    data = f"{VOLUMES}/tars_postgres/_data"
    home.machine.sh(
        f"docker stop {POSTGRES} >/dev/null; cp -a {data} /srv/pg; mount -t tmpfs -o size=200m tmpfs {data};"
        f" cp -a /srv/pg/. {data}; chown --reference=/srv/pg {data}; chmod 700 {data};"
        f" head -c 300m /dev/zero > {data}/filler 2>/dev/null || true;"
        f" systemd-run --quiet --unit=filler --collect bash -c"
        f" 'while :; do head -c 1m /dev/zero >> {data}/filler 2>/dev/null || true; sleep 0.02; done';"
        f" sleep 1; docker start {POSTGRES} >/dev/null",
        within=120,
    )
    try:
        story = trial.wait("postgres.disk-full", "postgres", "open", within=60)
        assert "its disk is full" in story.summary
        home.machine.sh(f"systemctl stop filler; rm {data}/filler")
        story = trial.wait("postgres.disk-full", "postgres", "resolved", within=90)
        assert "service.restart" not in story.remedies
    finally:
        home.machine.sh(
            f"systemctl stop filler || true; docker stop {POSTGRES} >/dev/null; rm -f {data}/filler;"
            f" rm -rf /srv/pg; cp -a {data} /srv/pg; umount {data}; rm -rf {data}/*; cp -a /srv/pg/. {data};"
            f" docker start {POSTGRES} >/dev/null",
            within=120,
        )
    whole(trial)
    rows.append(
        seen(
            trial,
            story,
            "a file system of its own, full to the last byte",
            "resolved once there was room",
        )
    )
