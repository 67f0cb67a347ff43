"""tarsctl config check, show and reload."""

import json

from tests.unit.ctl.fake_daemon import FakeDaemon, refused, sync
from tests.unit.ctl.runs import Tarsctl

FILE = "/etc/tars-home/tars-home.toml"
WRONG = {
    "valid": False,
    "files": [FILE],
    "errors": [
        {"file": FILE, "line": 12, "key": "ports.webui",
         "message": 'must be a port from 1 to 65535, not "http"'},
        {"file": FILE, "line": None, "key": None, "message": "is not UTF-8 at byte 812"},
    ],
}  # fmt: skip
RIGHT = {"valid": True, "files": [FILE, "/etc/tars-home/conf.d/10-ports.toml"], "errors": []}


def test_check_of_right_settings(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/config/check", sync(RIGHT))
    ran = tarsctl("config", "check")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == f"valid: {FILE}, /etc/tars-home/conf.d/10-ports.toml\n"


def test_check_of_wrong_settings(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/config/check", sync(WRONG))
    ran = tarsctl("config", "check")
    assert ran.status == 1
    assert ran.out == (
        f'{FILE}:12: ports.webui must be a port from 1 to 65535, not "http"\n'
        f"{FILE}: is not UTF-8 at byte 812\n"
    )
    assert ran.err == "not valid: 2 errors; tarsd keeps the settings it has\n"


def test_check_with_a_warning_is_valid(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    warning = {"id": "compose.warning", "summary": "FOO is not set", "fix": "write $$"}
    daemon.on("GET", "/v1/config/check", sync({**RIGHT, "warnings": [warning]}))
    ran = tarsctl("config", "check")
    assert (ran.status, ran.out) == (0, "warning: FOO is not set\n  fix: write $$\n")


def test_check_as_json(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/config/check", sync(WRONG))
    ran = tarsctl("config", "check", "--json")
    assert (ran.status, ran.err) == (1, "")
    assert json.loads(ran.out) == {"schema": 1, **WRONG}


def test_reload(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/config/reload", sync(RIGHT))
    ran = tarsctl("config", "reload")
    assert ran.status == 0
    assert ran.err.startswith(f"reloaded: {FILE}")


def test_reload_tells_an_only_error_once(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    wrong = {"file": FILE, "line": 2, "key": "ports.redis", "message": "must be a port"}
    told = f"{FILE}:2: ports.redis: must be a port"
    other = {**wrong, "line": 3, "key": "log.levl", "message": "is not a setting"}
    for errors, more in (([wrong], ""), ([wrong, other], " (and 1 more)")):
        message = f"cannot use the settings: {told}{more}"
        answer = refused(422, "config-invalid", message, "tarsctl config check", errors=errors)
        daemon.on("POST", "/v1/config/reload", answer)
        ran = tarsctl("config", "reload")
        assert ran.status == 1
        assert ran.err.count("must be a port") == 1
        assert ran.err.count("is not a setting") == len(errors) - 1


def test_reload_by_somebody_else_gets_the_command_to_type(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    daemon.on("POST", "/v1/config/reload", refused(403, "not-allowed", "cannot do this"))
    ran = tarsctl("config", "reload")
    assert (ran.status, ran.err) == (
        4,
        "tarsctl: cannot do this; try: sudo tarsctl config reload\n",
    )


def test_reload_of_wrong_settings(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    message = "cannot reload the settings: 2 errors"
    errors = WRONG["errors"]
    answer = refused(422, "config-invalid", message, "tarsctl config check", errors=errors)
    daemon.on("POST", "/v1/config/reload", answer)
    ran = tarsctl("config", "reload")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        f"tarsctl: {message}\n"
        f'  {FILE}:12: ports.webui must be a port from 1 to 65535, not "http"\n'
        f"  {FILE}: is not UTF-8 at byte 812\n"
        "  try: tarsctl config check\n"
    )


def test_show(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    settings = {
        "ports.webui": {"value": 8080, "source": f"{FILE}:3"},
        "log.level": {"value": "info", "source": "default"},
        "nas.enabled": {"value": True, "source": "default"},
        "nas.options": {"value": ["ro", "vers=3"], "source": None},
        "nas.source": {"value": None, "source": "default"},
    }
    daemon.on("GET", "/v1/config", sync({"settings": settings}))
    assert (
        tarsctl("config", "show").out
        == f"""\
SETTING      VALUE             SOURCE
log.level    "info"            default
nas.enabled  true              default
nas.options  ["ro", "vers=3"]  -
nas.source   -                 default
ports.webui  8080              {FILE}:3
"""
    )
    assert json.loads(tarsctl("config", "show", "--json").out)["settings"] == settings


def test_check_says_what_could_not_be_checked(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    override = "/etc/tars-home/compose.override.yaml"
    reason = f"{override}: cannot run the stack: Docker Compose v2 is not installed"
    daemon.on("GET", "/v1/config/check", sync({**RIGHT, "unchecked": reason}))
    ran = tarsctl("config", "check")
    assert ran.status == 0
    assert f"not checked: {reason}\n" in ran.err
