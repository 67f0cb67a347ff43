"""What the catalogue says of data before an act that could cost it: refused, or kept first, and whole."""

from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.data_trial import (
    ASK_AT_ONCE,
    BACKUPS,
    CHROMA,
    POSTGRES,
    VOLUMES,
    backups,
    install,
    same_image,
    seen,
    whole,
)
from tests.machine.faults.injuries import OVERRIDE
from tests.machine.faults.trial import Trial, hours_pass
from tests.machine.home import CONF_D, STATE, Home


@pytest.fixture(scope="module")
def keepsakes() -> dict[str, Keepsake]:
    """By machine."""
    return {}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    """The table of this run."""
    rows: list[Variant] = []
    yield rows
    catalogue.write("data", rows)


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
def override(home: Home) -> Iterator[str]:
    """A file of the owner's that is gone afterwards."""
    yield OVERRIDE
    home.machine.exec("rm", "-f", OVERRIDE)


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


@pytest.mark.usefixtures("every_fault")
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


@pytest.mark.usefixtures("every_fault")
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
