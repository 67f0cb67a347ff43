"""The inventory: every place where this machine keeps what nobody else may know."""

import base64
import json
from pathlib import Path

import pytest

from tarsd.errors import BundleFailed
from tarsd.operations.bundle.environment_knowns import of_lines, of_variable
from tarsd.operations.bundle.knowns import BY_ENGINE, ON_DISK, MachineKnowns
from tarsd.paths import Paths


def written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(paths: Paths, tmp_path: Path) -> tuple[dict[str, str], list[str]]:
    """Secrets by where they are from, and what could not be read."""
    knowns = MachineKnowns(paths, str(tmp_path / "no.sock"), tmp_path / "root")
    found = {it.value: it.name for it in knowns.read() if it.kind == "secret"}
    return found, knowns.unread


def test_secrets_live_and_previous_and_within_files_made_of_them(
    paths: Paths, tmp_path: Path
) -> None:
    written(paths.secrets / "redis-password", "a" * 48)
    written(paths.secrets / "previous/redis-password.20261122", "b" * 48 + "\n")
    written(paths.secrets / "redis-password.next", "c" * 48)
    written(paths.secrets / "redis.conf", f"appendonly yes\nrequirepass {'d' * 48}\nport 6379\n")
    written(
        paths.secrets / "webui.env",
        "DATABASE_URL=postgresql://tars:pw%2Fd1@postgres/tars\nPORT=8080\n",
    )
    written(
        paths.secrets / "nas-1.credentials", "username=anna\npassword=s3cr3t pass\ndomain=HOME\n"
    )
    written(
        paths.keys / "bundle.pem",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIExample0000\n-----END PRIVATE KEY-----\n",
    )
    found, _ = read(paths, tmp_path)
    wanted = {*(it * 48 for it in "abcd"), "pw%2Fd1", "pw/d1", "s3cr3t pass"}
    assert wanted <= set(found)
    assert "MC4CAQAwBQYDK2VwBCIEIExample0000" in found
    assert not {"8080", "6379", "yes", "HOME"} & set(found)


def test_env_files_also_as_compose_understands_them(paths: Paths, tmp_path: Path) -> None:
    written(paths.etc / "owner.env", "# note\nAPI_KEY='it$$is$$long'\nLEVEL=debug\n")
    found, _ = read(paths, tmp_path)
    assert {"it$$is$$long", "it$is$long"} <= set(found)
    assert "debug" not in found


def test_docker_dead_its_files_still_tell(paths: Paths, tmp_path: Path) -> None:
    containers = tmp_path / "root/var/lib/docker/containers"
    config = {
        "Name": "/web",
        "Config": {
            "Env": ["SMTP_PASSWORD=hunter2hunter2"],
            "Labels": {"owner.token": "label-t0ken"},
        },
    }
    written(containers / "abc/config.v2.json", json.dumps(config))
    written(containers / "def/config.v2.json", "cut in the mid")
    found, unread = read(paths, tmp_path)
    assert found["hunter2hunter2"] == "container web: SMTP_PASSWORD"
    assert "label-t0ken" in found
    assert unread == []


def test_sign_ins_of_docker(paths: Paths, tmp_path: Path) -> None:
    auth = base64.b64encode(b"anna:registry-pass").decode()
    config = {
        "auths": {
            "ghcr.io": {"auth": auth},
            "quay.io": {"identitytoken": "eyJ0b2tlbiI6MX0"},
            "odd": None,
        }
    }
    written(tmp_path / "root/root/.docker/config.json", json.dumps(config))
    written(tmp_path / "root/home/ben/.docker/config.json", "{not json")
    found, unread = read(paths, tmp_path)
    assert {auth, "registry-pass", "eyJ0b2tlbiI6MX0"} <= set(found)
    assert "Docker's sign-ins" not in unread


def test_secrets_that_cannot_be_read_end_the_run(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    written(paths.secrets / "redis-password", "a" * 48)
    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(BundleFailed, match="what nobody knows cannot be hidden"):
        read(paths, tmp_path)


def test_nothing_installed_is_nothing_known_and_no_error(paths: Paths, tmp_path: Path) -> None:
    found, unread = read(paths, tmp_path)
    assert found == {}
    assert unread == [ON_DISK, BY_ENGINE]


@pytest.mark.parametrize(
    ("line", "secrets"),
    [
        ("POSTGRES_PASSWORD=abc", {"abc"}),
        ("POSTGRES_PASSWORD_FILE=/run/secrets/x", set[str]()),
        ("DATABASE_URL=postgres://u:p%40ss@h/db", {"p%40ss", "p@ss"}),
        ("TOKEN_TTL=3600", set[str]()),
        ("AUTH_URL=https://id.example.org/", set[str]()),
        ("ENABLE_API_KEYS=true", set[str]()),
        ("SOMETHING=Zx81kLmNop4455667788", {"Zx81kLmNop4455667788"}),
        ("PATH=/usr/local/sbin:/usr/local/bin", set[str]()),
        ("LANG=C.UTF-8", set[str]()),
        ('GOOGLE_CREDENTIALS={"private_key_id": "0123456789ab", "n": 1}', {"0123456789ab"}),
        ("no equals sign", set[str]()),
    ],
)
def test_what_of_an_environment_is_a_secret(line: str, secrets: set[str]) -> None:
    found = {it.value for it in of_lines([line], "x")}
    assert secrets <= found
    if not secrets:
        assert not found


def test_where_it_is_from_never_has_the_value_in_it() -> None:
    (known,) = of_variable("API_KEY", "hunter2hunter2", "container web")
    assert known.name == "container web: API_KEY"
    assert "hunter2" not in repr(known)
