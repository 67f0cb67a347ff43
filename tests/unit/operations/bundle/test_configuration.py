"""Settings as they are, secrets by name only, processes of services only."""

from pathlib import Path

from tarsd.host.pieces import contents
from tarsd.operations.bundle.collectors.configuration import settings_files
from tarsd.operations.bundle.collectors.environment import shown_of_file
from tarsd.operations.bundle.collectors.processes import processes
from tarsd.paths import Paths
from tests.unit.operations.bundle.taker import taken

SECRET = "correct-horse-battery"


async def test_settings_are_taken_and_no_secret_is_read(paths: Paths, tmp_path: Path) -> None:
    paths.settings.write_text("[ports]\nwebui = 8080\n")
    (paths.conf_d / "10-of anna.toml").write_text("[log]\n")
    paths.secrets.mkdir()
    (paths.secrets / "redis-password").write_text(SECRET)
    (paths.secrets / "nas.credentials").write_text(f"password={SECRET}")
    (paths.secrets / "webui.env").write_text(
        f"REDIS_URL={SECRET}\nTZ=UTC\n{SECRET}=\nabcDEF0123=\n"
    )
    files, gaps = await taken(settings_files(contents, paths, tmp_path))
    assert set(files) == {
        "settings/tars-home.toml",
        "settings/conf.d/01.toml",
        "settings/secrets.txt",
    }
    assert "webui = 8080" in files["settings/tars-home.toml"]
    assert files["settings/conf.d/01.toml"].startswith(f"# {paths.conf_d}/10-of anna.toml\n[log]")
    told = files["settings/secrets.txt"]
    assert SECRET not in told
    for line in ("redis-password", "nas.credentials", "REDIS_URL=[hidden]", "TZ=UTC"):
        assert line in told
    assert gaps == {}


def test_of_a_file_of_variables_the_middle_of_a_value_is_no_name() -> None:
    assert shown_of_file("MIIEpAIBAAKCAQEA7bq+/x==") == "[hidden]"
    assert shown_of_file("c2VjcmV0LXNlY3JldA==") == "[hidden]"
    assert shown_of_file("https_proxy=http://u:p@proxy") == "https_proxy=[hidden]"


def process(root: Path, pid: int, group: str, *arguments: str) -> None:
    place = root / "proc" / str(pid)
    place.mkdir(parents=True)
    (place / "status").write_text(
        "Name:\tcurl\nState:\tS (sleeping)\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\nVmRSS:\t  512 kB\n"
    )
    (place / "cgroup").write_text(f"0::{group}\n")
    (place / "cmdline").write_bytes("".join(f"{it}\0" for it in arguments).encode())


async def test_arguments_are_shown_of_services_only(tmp_path: Path) -> None:
    process(tmp_path, 10, "/system.slice/docker.service", "/usr/bin/dockerd", "-H", "fd://")
    process(tmp_path, 11, "/user.slice/user-1000.slice", "curl", "-d", "my boss hates me")
    process(tmp_path, 12, "/system.slice/docker-1.scope", "sh", "-c", "x" * 5000)
    process(tmp_path, 13, "/")
    (tmp_path / "proc" / "14").mkdir()  # it ended meanwhile
    lines = b"".join([piece async for piece in processes(tmp_path)]).decode().splitlines()
    assert lines[1:] == [
        "10 1 1000 S 512 /system.slice/docker.service /usr/bin/dockerd -H fd://",
        "11 1 1000 S 512 /user.slice/user-1000.slice [curl]",
        "12 1 1000 S 512 /system.slice/docker-1.scope (5007 bytes of arguments)",
        "13 1 1000 S 512 / [curl]",
    ]
