"""What the catalogue says of data, with the real PostgreSQL, Chroma and Redis: seen, refused or healed, and whole.

What takes minutes is left out without `--every-fault`.
"""

import json
from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import OVERRIDE, REDIS
from tests.machine.faults.story import Story
from tests.machine.faults.trial import Trial, hours_pass
from tests.machine.home import CONF_D, STATE, Home

BACKUPS = f"{STATE}/backups"
CHROMA, POSTGRES = "tars-chromadb-1", "tars-postgres-1"
VOLUMES = "/var/lib/docker/volumes"
ASK_AT_ONCE = "tarsctl config reload"
"""Checks that wait for the settings are asked with it."""


@pytest.fixture(scope="module")
def keepsakes() -> dict[str, Keepsake]:
    """By machine."""
    return {}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    """The table of this run: dist/catalogue-data.md."""
    rows: list[Variant] = []
    yield rows
    catalogue.write("data", rows)


def seen(trial: Trial, story: Story, done: str, outcome: str) -> Variant:
    """A row; seconds from when it was done."""
    return Variant(story.fault, done, (story.opened - trial.at).total_seconds(), outcome)


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


@pytest.fixture
def every_fault(pytestconfig: pytest.Config) -> None:
    """For what takes minutes."""
    if not pytestconfig.getoption("--every-fault"):
        pytest.skip("takes minutes: --every-fault")


@pytest.fixture
def override(home: Home) -> Iterator[str]:
    """A file of the owner's that is gone afterwards."""
    yield OVERRIDE
    home.machine.exec("rm", "-f", OVERRIDE)


def whole(trial: Trial) -> None:
    """All serves, and nothing of what was kept is lost."""
    trial.home.wait_for("healthy", within=120)
    trial.keepsake.check(trial.home)


def backups(home: Home) -> list[dict[str, object]]:
    listed = home.machine.sh(f"cat {BACKUPS}/*/manifest.json 2>/dev/null || true").out
    return [json.loads(it + "}") for it in listed.split("}\n") if it.strip()]


def install(home: Home, *, status: int = 0) -> str:
    """Without a network: every image is on the machine."""
    ran = home.tarsctl("install", "--yes", status=status, within=300)
    return ran.out + ran.err


def same_image(home: Home, image: str, of: str) -> None:
    """Another image that does the same: one label more."""
    home.machine.sh(
        f"printf 'FROM {of}\\nLABEL of.the.test=1\\n' | docker build -q -t {image} - >/dev/null",
        within=120,
    )


def test_a_placeholder_is_seen_and_rotated(trial: Trial, rows: list[Variant]) -> None:
    home = trial.home
    file = f"{STATE}/secrets/admin-password"
    home.machine.sh(f"printf CHANGE_ME > {file}; {ASK_AT_ONCE}")
    story = trial.wait("secret.placeholder", "admin-password", "open")
    assert story.severity == "fail"
    assert story.fix == "sudo tarsctl secrets rotate admin-password"
    assert story.remedies == []
    home.tarsctl("secrets", "rotate", "admin-password", within=120)
    trial.wait("secret.placeholder", "admin-password", "resolved")
    assert home.machine.read(file) != "CHANGE_ME"
    whole(trial)
    rows.append(
        seen(
            trial, story, "an administrator's password CHANGE_ME", "told; resolved by its rotation"
        )
    )


def test_a_model_that_was_removed_is_pulled_again(trial: Trial, rows: list[Variant]) -> None:
    home = trial.home
    path = f"{CONF_D}/90-models.toml"
    home.machine.write(path, '[models]\nkeep = ["nomic-embed-text"]\n')
    try:
        home.tarsctl("config", "reload")
        story = trial.wait("model.missing", "nomic-embed-text", "resolved", within=120)
        assert story.remedies == ["model.pull"]
        assert "nomic-embed-text" in home.tarsctl("models", "list").out
    finally:
        home.machine.exec("rm", "-f", path)
        home.tarsctl("config", "reload")
    whole(trial)
    rows.append(
        seen(trial, story, "a name in the settings that is not on the server", "resolved: pulled")
    )


def test_before_another_image_the_database_is_dumped(
    trial: Trial, override: str, rows: list[Variant]
) -> None:
    """The dump is there before the new container is; it is kept for root alone and ends as a whole one does."""
    home = trial.home
    same_image(home, "postgres:17.12-test", "postgres:17.11-trixie")
    home.machine.write(override, "services:\n  postgres:\n    image: postgres:17.12-test\n")
    install(home)
    (kept,) = [it for it in backups(home) if it["service"] == "postgres"]
    assert kept["kind"] == "pg_dumpall"
    file = f"{BACKUPS}/{kept['name']}/{kept['file']}"
    sql = home.machine.sh(f"zcat {file}").out
    assert trial.keepsake.word in sql
    assert "PostgreSQL database cluster dump complete" in sql[-200:]
    assert home.machine.exec("stat", "-c", "%a %U", file).out.split() == ["600", "root"]
    assert home.machine.exec("sha256sum", file).out.split()[0] == kept["sha256"]
    whole(trial)
    home.machine.exec("rm", "-f", override)
    install(home)
    whole(trial)
    assert len([it for it in backups(home) if it["service"] == "postgres"]) == 1, "it is fresh"
    rows.append(
        Variant(
            "data.at-risk",
            "another image of PostgreSQL",
            None,
            "dumped first, then done; data whole",
        )
    )


def test_before_another_image_chroma_is_copied(
    trial: Trial, override: str, rows: list[Variant]
) -> None:
    home = trial.home
    same_image(home, "chromadb/chroma:1.5.10", "chromadb/chroma:1.5.9")
    home.machine.write(override, "services:\n  chromadb:\n    image: chromadb/chroma:1.5.10\n")
    install(home)
    (kept,) = [it for it in backups(home) if it["service"] == "chromadb"]
    names = home.machine.sh(f"tar -tzf {BACKUPS}/{kept['name']}/{kept['file']}").out.split()
    assert "data/chroma.sqlite3" in names
    whole(trial)
    home.machine.exec("rm", "-f", override)
    install(home)
    whole(trial)
    rows.append(
        Variant(
            "data.at-risk",
            "another image of Chroma",
            None,
            "stopped and copied first, then done; data whole",
        )
    )


def test_another_major_is_refused_before_anything_is_changed(
    trial: Trial, override: str, rows: list[Variant]
) -> None:
    """The file that tells the major is of 16, on the very volume."""
    home = trial.home
    before = home.started()
    version = f"{VOLUMES}/tars_postgres/_data/PG_VERSION"
    same_image(home, "postgres:17.12-test", "postgres:17.11-trixie")
    home.machine.write(override, "services:\n  postgres:\n    image: postgres:17.12-test\n")
    home.machine.sh(f"echo 16 > {version}")
    try:
        told = install(home, status=1)
    finally:
        home.machine.sh(f"echo 17 > {version}")
    assert "was made by PostgreSQL 16, and the image is of PostgreSQL 17" in told
    assert "postgres:16" in told
    assert home.started() == before
    whole(trial)
    rows.append(
        Variant(
            "postgres.major-mismatch",
            "an image of 17, and PG_VERSION 16 in the volume",
            None,
            "install refused; nothing changed",
        )
    )


def test_a_database_that_cannot_be_dumped_keeps_its_image(
    trial: Trial, override: str, rows: list[Variant]
) -> None:
    """There is no room for a dump: nothing is changed, and all runs on."""
    home = trial.home
    home.machine.sh(f"rm -rf {BACKUPS}")
    path = f"{CONF_D}/90-data.toml"
    same_image(home, "postgres:17.12-test", "postgres:17.11-trixie")
    home.machine.write(path, "[data]\nmegabytes = 10\n")
    home.machine.write(override, "services:\n  postgres:\n    image: postgres:17.12-test\n")
    try:
        home.tarsctl("config", "reload")
        told = install(home, status=1)
    finally:
        home.machine.exec("rm", "-f", path)
        home.tarsctl("config", "reload")
    assert "[data] megabytes allows 10" in told
    shown = home.machine.exec("docker", "inspect", "--format", "{{.Config.Image}}", POSTGRES).out
    assert "17.12" not in shown
    assert backups(home) == []
    whole(trial)
    rows.append(
        Variant("data.at-risk", "no room for the dump", None, "install refused; nothing changed")
    )


def test_vectors_in_the_container_are_saved_from_every_act(
    trial: Trial, override: str, rows: list[Variant]
) -> None:
    """As version 1.0 mounted it: the volume at the old path, the data in the container."""
    home = trial.home
    home.machine.sh(
        f"docker stop {CHROMA} >/dev/null; docker cp -a {CHROMA}:/data /srv/vectors;"
        f" docker rm {CHROMA} >/dev/null;"
        f' python3 -c \'import json, sys; it = json.load(sys.stdin); s = it["services"]["chromadb"];'
        ' s["volumes"][0]["target"] = "/chroma/chroma"; json.dump(it, sys.stdout)\''
        f" < {STATE}/generations/current/compose.json > /srv/odd.json;"
        f" docker compose -p tars -f /srv/odd.json up -d --no-deps chromadb >/dev/null 2>&1;"
        f" docker stop {CHROMA} >/dev/null; docker cp -a /srv/vectors/. {CHROMA}:/data;"
        f" docker start {CHROMA} >/dev/null; {ASK_AT_ONCE}",
        within=120,
    )
    id_ = home.container("chromadb")
    home.machine.sh("systemctl restart tarsd")
    home.wait_for_answer()
    story = trial.wait("chroma.data-unmounted", "chromadb", "open")
    assert f"docker cp -a {id_[:12]}:/data" in str(story.fix)
    told = install(home, status=1)
    assert "its data is in the container itself, at /data" in told
    refused = home.refused("uninstall", "--yes", status=1, within=120)
    assert "its data is in the container itself" in refused
    assert home.container("chromadb") == id_
    trial.keepsake.check(home)
    # What the owner does, as docs/backups.md says.
    home.machine.sh(
        f"docker stop {CHROMA}; docker cp -a {CHROMA}:/data /root/chromadb-data; docker rm {CHROMA}"
    )
    install(home)
    home.machine.sh(
        f"docker stop {CHROMA}; docker cp -a /root/chromadb-data/. {CHROMA}:/data; docker start {CHROMA}"
    )
    whole(trial)
    rows.append(
        seen(
            trial,
            story,
            "Chroma's volume at the path of 0.x",
            "install and uninstall refused; copied out as the guide says, data whole",
        )
    )


def test_an_emptied_store_is_told_and_its_backup_stays(trial: Trial, rows: list[Variant]) -> None:
    """An empty volume in its place: the heartbeat is fine, and only the count tells."""
    home = trial.home
    data = f"{VOLUMES}/tars_chromadb/_data"
    home.machine.sh("systemctl restart tarsd")
    home.wait_for_answer()
    home.machine.wait("the count", lambda: _counted(home) not in (None, 0), 60)
    home.machine.sh(
        f"docker stop {CHROMA}; mkdir /srv/aside; cp -a {data}/. /srv/aside; rm -rf {data}/*; docker start {CHROMA}"
    )
    home.wait_for("healthy", within=90)
    home.machine.sh("systemctl restart tarsd")
    home.wait_for_answer()
    story = trial.wait("chroma.emptied", "chromadb", "open", within=90)
    assert "and held" in story.summary
    assert story.remedies == []
    home.machine.sh(
        f"docker stop {CHROMA}; rm -rf {data}/*; cp -a /srv/aside/. {data}; docker start {CHROMA}"
    )
    home.wait_for("healthy", within=90)
    home.machine.sh("systemctl restart tarsd")
    home.wait_for_answer()
    trial.wait("chroma.emptied", "chromadb", "resolved", within=90)
    whole(trial)
    rows.append(
        seen(
            trial, story, "an empty volume in the place of Chroma's", "told; resolved once restored"
        )
    )


def _counted(home: Home) -> int | None:
    script = (
        f"import sqlite3; print((sqlite3.connect('{STATE}/state.db')"
        ".execute('SELECT collections FROM held').fetchone() or [None])[0])"
    )
    said = home.machine.exec("python3", "-c", script).out.strip()
    return None if said == "None" else int(said)


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
def test_a_full_disk_stops_the_database_and_room_starts_it(
    trial: Trial, rows: list[Variant]
) -> None:
    """A small file system of its own, filled to the last byte; nothing in it is touched."""
    home = trial.home
    data = f"{VOLUMES}/tars_postgres/_data"
    home.machine.sh(
        f"docker stop {POSTGRES} >/dev/null; cp -a {data} /srv/pg; mount -t tmpfs -o size=200m tmpfs {data};"
        f" cp -a /srv/pg/. {data}; chown --reference=/srv/pg {data}; chmod 700 {data};"
        f" head -c 300m /dev/zero > {data}/filler 2>/dev/null || true; docker start {POSTGRES} >/dev/null",
        within=120,
    )
    try:
        story = trial.wait("postgres.disk-full", "postgres", "open", within=60)
        assert "its disk is full" in story.summary
        home.machine.exec("rm", f"{data}/filler")
        story = trial.wait("postgres.disk-full", "postgres", "resolved", within=90)
        assert "disk" in story.summary
    finally:
        home.machine.sh(
            f"docker stop {POSTGRES} >/dev/null; rm -f {data}/filler; rm -rf /srv/pg; cp -a {data} /srv/pg;"
            f" umount {data}; cp -a /srv/pg/. {data}; docker start {POSTGRES} >/dev/null",
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
