"""Settings and additions of the owner that cannot be used."""

import pytest

from tests.machine.home import ARCHIVE, Home
from tests.machine.shapes import Checked

OVERRIDE = "/etc/tars-home/compose.override.yaml"


@pytest.mark.parametrize(
    ("content", "line", "key", "said"),
    [
        ("[ports]\nredsi = 6379\n", 2, "ports.redsi", "redis"),
        ("[ports]\nredis = 'http'\n", 2, "ports.redis", "65535"),
        ("[ports]\n\nredis = 70000\n", 3, "ports.redis", "65535"),
        ("[log]\nlevel = 'loud'\n", 2, "log.level", "debug"),
        ("[stack]\ncpu_only = 'yes'\n", 2, "stack.cpu_only", "true"),
        ("[ports]\nredis = 1\nredis = 2\n", 3, "ports.redis", "line 2"),
        ("[ports\nredis = 1\n", 1, None, ""),
        (b"[log]\nlevel = '\xff\xfe'\n", 2, None, "UTF-8"),
        ("[prots]\nredis = 1\n", 1, "prots", "ports"),
    ],
    ids=["typo", "type", "range", "word", "truth", "twice", "syntax", "bytes", "table"],
)
def test_bad_setting_is_found_where_it_stands(
    home: Home, content: str | bytes, line: int, key: str | None, said: str
) -> None:
    with home.settings(content) as path:
        checked = home.ask(Checked, "config", "check", status=1)
        assert not checked.valid
        error = checked.errors[0]
        assert (error.file, error.line) == (path, line)
        assert key is None or error.key == key
        assert said in error.message
        assert f"{path}:{line}" in home.tarsctl("config", "check", status=1).out


def test_several_bad_settings_are_all_named(home: Home) -> None:
    with home.settings("[ports]\nredis = 0\npostgres = 'x'\n[log]\nlevle = 'info'\n"):
        keys = {error.key for error in home.ask(Checked, "config", "check", status=1).errors}
        assert keys == {"ports.redis", "ports.postgres", "log.levle"}


def test_reload_refuses_bad_settings_and_keeps_the_old(home: Home) -> None:
    with home.settings("[ports]\nredis = 'http'\n") as path:
        line = home.refused("config", "reload", status=1)
        assert f"{path}:2" in line
        reloaded = home.machine.exec("systemctl", "reload", "tarsd", check=False)
        assert reloaded.status != 0
        assert home.unit("ActiveState") == "active"
        assert home.status().overall == "healthy"


def test_restart_with_bad_settings_keeps_the_last_good_and_says_so(home: Home) -> None:
    with home.settings("[log]\nlevel = 'warning'\n"):
        home.tarsctl("config", "reload")
    with home.settings("[log]\nlevel = 'loud'\n"):
        home.restart_daemon()
        problems = home.status().problems
        assert [problem.id for problem in problems] == ["config.invalid"]
        assert "90-test.toml:2" in problems[0].message
        kept = home.machine.sh("tarsctl config show --json").out
        assert '"warning"' in kept
    home.tarsctl("config", "reload")
    assert not home.status().problems


def test_bad_override_is_refused_before_anything_runs(home: Home) -> None:
    before = home.started()
    home.machine.write(OVERRIDE, "services:\n  redis:\n    imaeg: nonsense\n")
    try:
        line = home.refused("install", "--yes", "--image-archive", ARCHIVE, status=1, within=120)
        assert OVERRIDE in line
        assert "imaeg" in line
        checked = home.ask(Checked, "config", "check", status=1)
        assert [error.file for error in checked.errors] == [OVERRIDE]
        assert "imaeg" in checked.errors[0].message
    finally:
        home.machine.exec("rm", "-f", OVERRIDE)
    assert home.started() == before
    assert home.status().change is None


def test_override_of_the_owner_is_used(home: Home) -> None:
    home.machine.write(OVERRIDE, "services:\n  redis:\n    environment:\n      OWNER: was-here\n")
    try:
        home.install_stack()
        shown = home.machine.exec("docker", "inspect", home.container("redis")).out
        assert "OWNER=was-here" in shown
    finally:
        home.machine.exec("rm", "-f", OVERRIDE)
        home.install_stack()
