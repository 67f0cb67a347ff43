"""Docker that is down, hung, of a kind that is not supported, or without Compose v2."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.machine.home import ARCHIVE, COMPOSE_PLUGIN, Home
from tests.machine.shapes import Change

DOUBLE = Path(__file__).parent / "doubles" / "engine.py"
SOCKET = "/run/docker.sock"
V1 = "/usr/local/bin/docker-compose"
INSTALL = ("install", "--yes", "--image-archive", ARCHIVE)


@contextmanager
def engine_down(home: Home) -> Generator[None]:
    home.machine.exec("systemctl", "stop", "docker.socket", "docker.service")
    try:
        yield
    finally:
        # docker.service lets itself be started three times a minute; these tests are quicker.
        home.machine.sh(
            "systemctl reset-failed docker.socket docker.service; systemctl start docker.socket docker.service"
        )


@contextmanager
def engine_double(home: Home, kind: str) -> Generator[None]:
    """A double in place of the Engine; tarsd is started anew, as after a change of Engine."""
    home.machine.put(DOUBLE, "/srv/engine.py")
    with engine_down(home):
        home.machine.exec(
            "systemd-run",
            "--unit=engine-double",
            "--collect",
            "python3",
            "/srv/engine.py",
            SOCKET,
            kind,
        )
        home.machine.wait(
            "the double", lambda: home.machine.exec("test", "-S", SOCKET, check=False).status == 0
        )
        home.restart_daemon()
        try:
            yield
        finally:
            home.machine.sh(f"systemctl stop engine-double; rm -f {SOCKET}")


def test_engine_down_is_said_and_survived(home: Home) -> None:
    with engine_down(home):
        home.machine.wait(
            "the Engine to be seen down", lambda: home.status().engine.status == "down"
        )
        status = home.status()
        assert status.overall == "unknown"
        assert status.engine.message
        assert all(service.state == "unknown" for service in status.services)
        error = home.error("restart", "redis", status=1)
        assert error.kind == "engine-unavailable"
        assert "systemctl" in str(error.fix)
        assert "cannot" in home.refused(*INSTALL, status=1)
    home.wait_for("healthy", within=90)


def test_daemon_started_without_engine_finds_it_later(home: Home) -> None:
    with engine_down(home):
        home.restart_daemon()
        assert home.status().engine.status == "down"
    home.wait_for("healthy", within=90)


def test_hung_engine_does_not_hang_the_answer(home: Home) -> None:
    home.machine.exec("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "docker")
    try:
        home.machine.wait(
            "the Engine to be seen hung",
            lambda: home.status().engine.status == "hung",
            within=60,
        )
        assert home.tarsctl("status").seconds < 3
        assert home.error("restart", "redis", status=1).kind == "engine-unavailable"
    finally:
        home.machine.exec("systemctl", "kill", "--kill-whom=main", "--signal=CONT", "docker")
    home.wait_for("healthy", within=60)


@pytest.mark.parametrize("kind", ["rootless", "snap", "podman", "old"])
def test_unsupported_engine_is_named(home: Home, kind: str) -> None:
    before = home.started()
    with engine_double(home, kind):
        engine = home.status().engine
        assert engine.status == "unsupported"
        error = home.error(*INSTALL, status=1)
        assert {"old": "18.09"}.get(kind, kind) in error.message.lower()
        assert error.fix
    home.restart_daemon()
    home.wait_for("healthy", within=90)
    assert home.started().keys() == before.keys()


def test_compose_v1_only_is_named(home: Home) -> None:
    before = home.started()
    home.machine.exec("mv", COMPOSE_PLUGIN, "/srv/plugin")
    home.machine.write(V1, "#!/bin/sh\necho docker-compose version 1.29.2\n", "0755")
    try:
        line = home.refused(*INSTALL, status=1)
        assert "Compose v2" in line
    finally:
        home.machine.sh(f"mv /srv/plugin {COMPOSE_PLUGIN}; rm {V1}")
    assert home.started() == before
    assert home.ask(Change, *INSTALL, within=180).status == "done"
