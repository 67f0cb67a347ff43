"""tarsctl install: with and without an archive, GO and NO-GO."""

import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tarsd.ctl import follow
from tarsd.ctl import upload as upload_module
from tarsd.ctl.errors import ArchiveInvalidError, UnreachableError
from tarsd.ctl.transport import Response
from tarsd.ctl.upload import Upload
from tests.unit.ctl.facts import Json, change, plan, task, verdict
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, refused, started, sync
from tests.unit.ctl.image_archive import image_archive
from tests.unit.ctl.runs import Tarsctl

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Change

GO = """\
GO · 21 passed, 2 warnings · 3 min 12 s

  warn  memory.small       15.4 GiB; 16 GiB recommended: larger models will swap
  warn  boot.live-restore  engine: an Engine restart stops the stack
                           fix: add "live-restore": true to /etc/docker/daemon.json

Open  http://attic.local:8080
Next  tarsctl status · tarsctl logs redis
"""

NO_GO = """\
NO-GO · 19 passed, 1 failed · 3 min 12 s

  fail  service.health  chromadb: not healthy after 120 s
                        fix: tarsctl logs chromadb

Next  tarsctl logs chromadb
"""


@pytest.fixture(autouse=True)
def installable(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that installs well and at once."""
    monkeypatch.setattr(follow, "PAUSE_SECONDS", 0.01)
    daemon.on("GET", "/v1/version", sync({"version": "2.0.0", "pid": 1, "uptime_seconds": 1}))
    daemon.on("POST", "/v1/images/load", sync({"loaded": ["redis:8.10.1"]}))
    daemon.on("POST", "/v1/install/plan", sync(plan()))
    daemon.on("POST", "/v1/install", started("17"))
    daemon.changes("17", installed(verdict()))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "images.tar"
    path.write_bytes(image_archive())
    return path


def installed(result: Json | None, status: str = "done", **facts: object) -> "Change":
    render = task(1, "render generation 7", "done")
    return change(status, render, kind="install", summary="install", result=result, **facts)


def finding(name: str, subject: str, summary: str, fix: str | None = None) -> Json:
    return {"id": name, "subject": subject, "summary": summary, "fix": fix}


def test_go_with_warnings(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    warnings = [
        finding("memory.small", "", "15.4 GiB; 16 GiB recommended: larger models will swap"),
        finding("boot.live-restore", "engine", "an Engine restart stops the stack",
                'add "live-restore": true to /etc/docker/daemon.json'),
    ]  # fmt: skip
    end = verdict(warnings=warnings, next=["tarsctl status", "tarsctl logs redis"])
    daemon.changes("17", installed(end))
    ran = tarsctl("install", "--yes")
    assert (ran.status, ran.out) == (0, GO)
    assert ran.err == "  1/1  render generation 7  done in 12 s\n\n"


def test_no_go(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    failures = [finding("service.health", "chromadb", "not healthy after 120 s",
                        "tarsctl logs chromadb")]  # fmt: skip
    end = verdict("NO-GO", passed=19, failures=failures, open=[], next=["tarsctl logs chromadb"])
    daemon.changes("17", installed(end))
    ran = tarsctl("install", "--yes")
    assert (ran.status, ran.out) == (1, NO_GO)


def test_undone_installation(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    error = {"kind": "engine-unavailable", "message": "cannot pull redis:8.10.1: no route to host"}
    daemon.changes("17", installed(None, "undone", error=error))
    ran = tarsctl("install", "--yes")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.endswith(
        "tarsctl: cannot pull redis:8.10.1: no route to host; try: tarsctl tasks 17\n"
    )


def test_what_is_asked_of_the_daemon(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    tarsctl("install", "--yes")
    tarsctl("install", "-y", "--skip-nas", "--cpu-only", "--with-frontend")
    tarsctl(
        *("install", "--yes", "--backend-image", "api:2"),
        *("--model", "a:1", "--model", "b", "--without-model", "c"),
    )
    tarsctl("install", "--yes", "--without-backend")
    tarsctl("install", "--yes", "--ops", "lan")
    plain: Json = dict.fromkeys(("skip_nas", "cpu_only", "with_frontend", "backend_image"))
    plain |= {"models": [], "without_models": [], "ops": None, "pull": True}
    every = {**plain, "skip_nas": True, "cpu_only": True, "with_frontend": True}
    named = {"backend_image": "api:2", "models": ["a:1", "b"], "without_models": ["c"]}
    assert [each.json for each in daemon.asked("POST", "/v1/install")] == [
        plain,
        every,
        {**plain, **named},
        {**plain, "backend_image": ""},
        {**plain, "ops": "lan"},
    ]


def test_json_is_the_change_alone(tarsctl: Tarsctl, archive: Path) -> None:
    ran = tarsctl("install", "--yes", "--json", "--image-archive", str(archive))
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["result"]["verdict"] == "GO"


def test_needs_a_yes_where_nobody_can_be_asked(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ran = tarsctl("install", "--cpu-only")
    assert ran.status == 2
    assert ran.err == (
        "tarsctl: cannot install without a yes: nobody is at the terminal; "
        "try: tarsctl install --cpu-only --yes\n"
    )
    assert not daemon.asked("POST", "/v1/install")


def test_settings_that_are_wrong_are_listed(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    wrong = {"file": "/etc/tars-home/tars-home.toml", "line": 3, "key": "log.levl",
             "message": "is not a setting; did you mean log.level?"}  # fmt: skip
    answer = refused(422, "config-invalid", "cannot install: 1 setting is wrong",
                     "tarsctl config check", errors=[wrong])  # fmt: skip
    daemon.on("POST", "/v1/install", answer)
    ran = tarsctl("install", "--yes")
    assert ran.status == 1
    assert ran.err == (
        "tarsctl: cannot install: 1 setting is wrong\n"
        "  /etc/tars-home/tars-home.toml:3: log.levl is not a setting; did you mean log.level?\n"
        "  try: tarsctl config check\n"
    )


def test_archive_is_streamed_before_the_installation(
    tarsctl: Tarsctl, daemon: FakeDaemon, archive: Path
) -> None:
    ran = tarsctl("install", "--yes", "--image-archive", str(archive))
    assert ran.status == 0
    assert ran.err.startswith("loaded redis:8.10.1\n")
    (sent,) = daemon.asked("POST", "/v1/images/load")
    assert sent.body == archive.read_bytes()
    assert sent.headers["content-type"] == "application/x-tar"
    asked = daemon.asked("POST", "/v1/install")[0].json
    assert (asked["pull"], asked["loaded"]) == (False, True)


def test_a_machine_that_is_not_ready_is_refused_before_the_archive_is_loaded(
    tarsctl: Tarsctl, daemon: FakeDaemon, archive: Path
) -> None:
    """tarsd itself refuses, so that its NO-GO is on record."""
    taken = finding("port.taken", "port 8080", "held by nginx", "sudo systemctl stop nginx")
    daemon.on("POST", "/v1/install/plan", sync(plan("NO-GO", failures=[taken])))
    end = verdict("NO-GO", failures=[taken], open=[], next=[])
    error = {"kind": "preflight-failed", "message": "cannot install: port.taken: held by nginx"}
    daemon.changes("17", installed(end, "undone", error=error))
    ran = tarsctl("install", "--yes", "--image-archive", str(archive))
    assert ran.status == 1
    assert "held by nginx" in ran.err
    assert not daemon.asked("POST", "/v1/images/load")
    (known,) = daemon.asked("POST", "/v1/install/plan")
    assert "redis:8.10.1" in known.json["archive"]
    assert daemon.asked("POST", "/v1/install")[0].json["loaded"] is False


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_image_that_the_archive_lacks_is_named_before_it_is_loaded(
    tarsctl: Tarsctl, daemon: FakeDaemon, archive: Path, words: tuple[str, ...]
) -> None:
    lacks = finding("image.missing", "images", "neither here nor in the archive: chroma:1", "again")
    daemon.on("POST", "/v1/install/plan", sync(plan("NO-GO", failures=[lacks])))
    ran = tarsctl("install", "--yes", "--image-archive", str(archive), *words)
    assert ran.status == 1
    assert (
        "cannot install the stack: neither here nor in the archive: chroma:1" in ran.err + ran.out
    )
    assert not words or json.loads(ran.out)["error"]["kind"] == "image-missing"
    assert not daemon.asked("POST", "/v1/images/load")
    assert not daemon.asked("POST", "/v1/install")


@pytest.mark.parametrize(("content", "status"), [(None, 2), (image_archive()[:700], 1)])
def test_bad_archive_never_reaches_the_daemon(
    tarsctl: Tarsctl, daemon: FakeDaemon, tmp_path: Path, content: bytes | None, status: int
) -> None:
    path = tmp_path / "bad.tar"
    if content is not None:
        path.write_bytes(content)
    ran = tarsctl("install", "--yes", "--image-archive", str(path))
    assert ran.status == status
    assert ran.err.startswith(f"tarsctl: cannot load {path}: ")
    assert not daemon.requests


def test_archive_that_the_engine_refuses(
    tarsctl: Tarsctl, daemon: FakeDaemon, archive: Path
) -> None:
    message = "cannot load the image archive: the Engine says: invalid diffID for layer 2"
    daemon.on("POST", "/v1/images/load", refused(422, "archive-invalid", message))
    ran = tarsctl("install", "--yes", "--image-archive", str(archive))
    assert (ran.status, ran.err) == (1, f"tarsctl: {message}\n")
    assert not daemon.asked("POST", "/v1/install")


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    """More than a socket's buffers hold."""
    path = tmp_path / "big.tar"
    path.write_bytes(bytes(4 << 20))
    return path


def upload(daemon: FakeDaemon, path: Path, sent: list[int] | None = None) -> Response:
    with path.open("rb") as file:
        on_sent = (sent if sent is not None else []).append
        return Upload(str(daemon.path), file).send("/v1/images/load", on_sent)


@pytest.mark.parametrize("then_close", [True, False])
def test_answer_before_the_last_byte_ends_the_upload(
    daemon: FakeDaemon, big_file: Path, then_close: bool
) -> None:
    told = threading.Event()

    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(refused(503, "engine-unavailable", "cannot load: the Engine is down"))
        if not then_close:
            told.wait(5)

    daemon.by_hand("/v1/images/load", refuse)
    sent: list[int] = []
    answer = upload(daemon, big_file, sent)
    assert answer.status == 503
    assert b"the Engine is down" in answer.read()
    told.set()
    assert not sent or sent[-1] < 4 << 20


def test_daemon_that_dies_during_the_upload(daemon: FakeDaemon, big_file: Path) -> None:
    def die(connection: socket.socket) -> None:
        connection.recv(1000)

    daemon.by_hand("/v1/images/load", die)
    with pytest.raises(UnreachableError, match="it closed the connection before its answer"):
        upload(daemon, big_file)


def test_daemon_that_hangs_during_the_upload(
    daemon: FakeDaemon, big_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(upload_module, "SILENCE_SECONDS", 0.05)
    daemon.by_hand("/v1/images/load", lambda _: hang(over))
    daemon.by_hand("/v1/version", lambda _: None)
    with pytest.raises(UnreachableError):
        upload(daemon, big_file)
    over.set()


def hang(over: threading.Event) -> None:
    over.wait(5)


def test_slow_engine_is_waited_for_while_the_daemon_lives(
    daemon: FakeDaemon, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_module, "SILENCE_SECONDS", 0.05)

    def slow(_request: Request) -> bytes:
        time.sleep(0.3)
        return sync({"loaded": []})

    daemon.on("POST", "/v1/images/load", slow)
    assert b"loaded" in upload(daemon, archive).read()
    assert len(daemon.asked("GET", "/v1/version")) >= 2


def test_file_that_shrinks_during_the_upload(daemon: FakeDaemon, big_file: Path) -> None:
    with big_file.open("rb") as file:
        sending = Upload(str(daemon.path), file)
        os.truncate(big_file, 1 << 20)
        with pytest.raises(ArchiveInvalidError, match=r"big\.tar: it became shorter"):
            sending.send("/v1/images/load", lambda _: None)
