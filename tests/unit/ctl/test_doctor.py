"""tarsctl doctor: what is shown, what is asked, what is done, and who does it where no daemon answers."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tarsd.ctl import doctors
from tarsd.ctl.console import Paint
from tarsd.ctl.doctor_screen import act_lines, count_line, finding_lines
from tests.unit.ctl.facts import Json, change
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, refused, started, sync
from tests.unit.ctl.runs import Tarsctl, Terminal

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Act, Examined


def finding(name: str, status: str = "fail", **facts: Any) -> Json:
    """One of the daemon's."""
    found = {
        "id": name,
        "subject": "machine",
        "usual": True,
        "status": status,
        "severity": "fail",
        "summary": "it is so",
        "evidence": [],
        "commands": ["sudo do this"],
        "remedy": None,
    }
    return {**found, **facts}


def remedy(kind: str, words: str = "chmod 0700 /secrets") -> Json:
    return {"id": "secret.restrict", "class": kind, "words": words}


def report(*findings: Json) -> Json:
    words = ("pass", "warn", "fail", "skip", "unknown")
    return {
        "summary": {word: sum(it["status"] == word for it in findings) for word in words},
        "findings": list(findings),
        "sections": [{"name": "Secrets", "checks": [it["id"] for it in findings]}],
        "seconds": 1.3,
    }


WELL = report(finding("disk.low", "pass"))
MENDED = {
    "run": "3",
    "edits": 1,
    "acts": [{"id": "secret.perms", "words": "chmod 0700 /secrets", "end": "fixed"}],
}


@pytest.fixture(autouse=True)
def well(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    daemon.on("GET", "/v1/version", sync({"version": "2"}))
    daemon.on("POST", "/v1/doctor", sync(WELL))


def after_a_fix(*reports: Json) -> Callable[[Request], bytes]:
    """The first report, and the next one each time it is asked again."""
    rest = list(reports)
    return lambda _: sync(rest.pop(0) if len(rest) > 1 else rest[0])


def shown(found: Json, width: int | None = 80) -> str:
    lines = finding_lines(cast("Examined", found), width, Paint(enabled=False))
    return "".join(f"{line}\n" for line in lines)


def wants(daemon: FakeDaemon) -> list[Sequence[Json]]:
    return [request.json["acts"] for request in daemon.asked("POST", "/v1/doctor/fix")]


def test_failures_stand_by_subject_with_what_helps_and_waiting_ones_together() -> None:
    found = report(
        finding("secret.perms", subject="/secrets", usual=False, summary="/secrets can be entered",
                commands=["sudo chmod 0700 /secrets"], remedy=remedy("automatic")),
        finding("docker.live", "warn", remedy=remedy("confirm")),
        finding("service.hung", subject="redis", usual=False, summary="says nothing"),
        finding("a.one", "skip", summary="waits for docker.down"),
        finding("a.two", "skip", summary="waits for docker.down"),
        finding("b.one", "skip", summary="waits for a.one"),
        finding("c", "unknown", summary="no answer within 5 s", commands=[]),
        finding("d", "pass"),
        finding("e", "skip", summary="no model is in memory that could be asked"),
    )  # fmt: skip
    assert shown(found) == (
        "Secrets\n"
        "  fail     secret.perms  /secrets can be entered\n"
        "                         fix: sudo chmod 0700 /secrets   (doctor --fix does it)\n"
        "  warn     docker.live   it is so\n"
        "                         fix: sudo do this   (doctor --fix asks, and does it)\n"
        "  fail     service.hung  redis: says nothing\n"
        "                         fix: sudo do this\n"
        "  unknown  c             no answer within 5 s\n"
        "  skip     2 checks      waits for docker.down\n"
        "  skip     b.one         waits for a.one\n"
    )
    assert count_line(cast("Examined", found)) == (
        "1 passed, 1 warning, 2 failed, 4 skipped, 1 unknown · 1.3 s"
    )


def test_what_moves_the_cursor_is_not_shown() -> None:
    told = shown(report(finding("x", summary="a\x1b[2Jb\nc", commands=["rm\x07 x"])))
    assert "\x1b" not in told
    assert "\x07" not in told
    assert told.count("\n") == 3


def test_a_healthy_machine_is_one_line_and_quiet_none(tarsctl: Tarsctl) -> None:
    ran = tarsctl("doctor")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "1 passed, 0 failed, 0 skipped, 0 unknown · 1.3 s\n"
    quiet = tarsctl("doctor", "--quiet")
    assert (quiet.status, quiet.out, quiet.err) == (0, "", "")


@pytest.mark.parametrize(
    ("status", "flags", "exit_status"),
    [("fail", [], 1), ("warn", [], 0), ("warn", ["--strict"], 1), ("unknown", ["--strict"], 0)],
)
def test_the_exit_status_tells_of_failures(
    tarsctl: Tarsctl, daemon: FakeDaemon, status: str, flags: list[str], exit_status: int
) -> None:
    daemon.on("POST", "/v1/doctor", sync(report(finding("x", status))))
    assert tarsctl("doctor", *flags).status == exit_status
    ran = tarsctl("doctor", "--json", *flags)
    assert ran.status == exit_status
    told = json.loads(ran.out)
    assert told.keys() == {"schema", "summary", "findings"}
    assert "usual" not in told["findings"][0]


def test_what_is_asked_for_reaches_the_daemon(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    tarsctl("doctor", "--deep", "--only", "disk.*", "--only", "x", "--skip", "y")
    (request,) = daemon.asked("POST", "/v1/doctor")
    assert request.json == {"deep": True, "only": ["disk.*", "x"], "skip": ["y"]}
    daemon.on("POST", "/v1/doctor", refused(400, "bad-request", "cannot find a check 'z'"))
    assert tarsctl("doctor", "--only", "z").status == 2


def test_fix_asks_for_root_and_dry_run_does_not(
    tarsctl: Tarsctl, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ran = tarsctl("doctor", "--fix")
    assert ran.status == 4
    assert ran.err == (
        "tarsctl: cannot mend anything: this asks for root; try: sudo tarsctl doctor --fix\n"
    )
    assert not daemon.requests
    assert tarsctl("doctor", "--fix", "--dry-run").status == 0
    assert tarsctl("doctor", "--dry-run").status == 2


def test_a_dry_run_shows_the_plan_and_does_nothing(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    ill = report(
        finding("port.taken", commands=["sudo systemctl stop nginx"]),
        finding("secret.perms", remedy=remedy("automatic")),
        finding("boot.disabled", "warn", remedy=remedy("confirm", "enable docker.service")),
    )
    daemon.on("POST", "/v1/doctor", sync(ill))
    ran = tarsctl("doctor", "--fix", "--dry-run", "--yes")
    assert ran.status == 1
    assert (
        "This would\n"
        "  do         secret.perms   chmod 0700 /secrets\n"
        "  ask, then  boot.disabled  enable docker.service\n"
        "  yours      port.taken     sudo systemctl stop nginx\n"
    ) in ran.out
    assert not wants(daemon)


def test_without_a_terminal_only_what_is_automatic_is_done_and_the_rest_said(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    sick = finding("secret.perms", subject="/secrets", remedy=remedy("automatic"))
    asks = finding("boot.disabled", "warn", remedy=remedy("confirm", "enable it"))
    daemon.on("POST", "/v1/doctor", after_a_fix(report(sick, asks), report(asks)))
    daemon.on("POST", "/v1/doctor/fix", started("17"))
    daemon.changes("17", change("done", result=MENDED))
    ran = tarsctl("doctor", "--fix")
    assert ran.status == 0
    assert wants(daemon) == [
        [{"id": "secret.perms", "subject": "/secrets", "remedy": "secret.restrict"}]
    ]
    assert (
        "not done without a yes: enable it (boot.disabled); with it: tarsctl doctor --fix --yes"
        in ran.err
    )
    assert "To take it back: sudo tarsctl doctor undo 3" in ran.err
    assert "fixed  chmod 0700 /secrets (secret.perms)" in ran.out


def test_yes_does_it_all_and_what_is_its_owners_own_never(
    tarsctl: Tarsctl, daemon: FakeDaemon
) -> None:
    ill = report(
        finding("a", remedy=remedy("automatic")),
        finding("b", remedy=remedy("confirm")),
        finding("c", remedy=remedy("manual")),
    )
    daemon.on("POST", "/v1/doctor", sync(ill))
    daemon.on("POST", "/v1/doctor/fix", started("17"))
    daemon.changes("17", change("done", result=MENDED))
    ran = tarsctl("doctor", "--fix", "--yes", "--json")
    assert ran.status == 1, "what was not mended is still there"
    assert [it["id"] for it in wants(daemon)[0]] == ["a", "b"]
    assert json.loads(ran.out)["fix"] == MENDED


@pytest.mark.parametrize(("answer", "done"), [("y", ["boot.disabled"]), ("n", []), ("", [])])
def test_on_a_terminal_each_is_asked_for(daemon: FakeDaemon, answer: str, done: list[str]) -> None:
    import os

    if (
        os.geteuid.__name__ != "<lambda>" and os.geteuid() != 0
    ):  # a program of its own asks for real
        pytest.skip("asks for root")
    asks = finding("boot.disabled", "warn", remedy=remedy("confirm", "enable docker.service"))
    daemon.on("POST", "/v1/doctor", sync(report(asks)))
    daemon.on("POST", "/v1/doctor/fix", started("17"))
    daemon.changes("17", change("done", result={"run": "3", "acts": []}))
    terminal = Terminal("doctor", "--fix")
    terminal.wait_for("boot.disabled: enable docker.service? [y/N]")
    terminal.press(f"{answer}\n")
    assert terminal.finish() == 0
    assert [it["id"] for acts in wants(daemon) for it in acts] == done


def test_a_running_change_is_a_conflict(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/doctor", sync(report(finding("a", remedy=remedy("automatic")))))
    daemon.on(
        "POST",
        "/v1/doctor/fix",
        refused(409, "change-conflict", "cannot mend 1 finding: change 16 is running"),
    )
    assert tarsctl("doctor", "--fix").status == 5


def test_what_was_no_help_says_so() -> None:
    acts: list[Act] = [
        {"id": "a", "words": "do a", "end": "useless", "why": "as before"},
        {"id": "b", "words": "do b", "end": "failed", "why": "no", "kept": "it was changed"},
        {"id": "c", "words": "do c", "end": "refused", "why": "not now"},
        {"id": "d", "words": "do d", "end": "well", "why": None},
    ]
    assert list(act_lines(acts, None, Paint(enabled=False))) == [
        "  no help       do a (a): as before; what it edited is as before",
        "  failed        do b (b): no; it could not be taken back: it was changed",
        "  not done      do c (c): not now",
        "  well already  do d (d)",
    ]


def test_an_undo_tells_what_is_as_before(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/doctor/undo", started("18"))
    daemon.changes("18", change("done", result={"run": "3", "undone": ["/secrets"]}))
    ran = tarsctl("doctor", "undo", "3")
    assert (ran.status, ran.out) == (0, "  as before  /secrets\n")
    (request,) = daemon.asked("POST", "/v1/doctor/undo")
    assert request.json == {"run": "3", "force": False}
    assert tarsctl("doctor", "undo", "../3").status == 2


class TestNobodyThere:
    """The program does it in its place."""

    @pytest.fixture
    def program(self, daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        daemon.stop()
        monkeypatch.setattr(daemon, "stop", lambda: None)
        program = tmp_path / "tarsd"
        monkeypatch.setattr(doctors, "PROGRAM", str(program))
        return program

    def says(self, program: Path, envelope: Json | str) -> None:
        text = envelope if isinstance(envelope, str) else json.dumps(envelope)
        program.with_name("answer").write_text(text)
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {program}.asked\ncat >> {program}.asked\n'
            f"cat {program.with_name('answer')}\n"
        )
        program.chmod(0o755)

    def test_it_looks(self, tarsctl: Tarsctl, program: Path) -> None:
        self.says(program, {"type": "sync", "result": WELL})
        ran = tarsctl("doctor", "--only", "disk.*")
        assert (ran.status, ran.out.count("\n")) == (0, 1)
        assert "tarsd does not answer (it is not running" in ran.err
        asked = Path(f"{program}.asked").read_text()
        assert asked == 'doctor examine\n{"deep": false, "only": ["disk.*"], "skip": []}'

    def test_it_mends_to_the_end(self, tarsctl: Tarsctl, program: Path) -> None:
        ill = report(finding("a", remedy=remedy("automatic")))
        self.says(program, {"type": "sync", "result": {**ill, **MENDED}})
        ran = tarsctl("doctor", "--fix")
        assert ran.status == 1
        assert "doctor fix\n" in Path(f"{program}.asked").read_text()
        assert "To take it back: sudo tarsctl doctor undo 3" in ran.err

    def test_its_refusal_is_told_as_the_daemons(self, tarsctl: Tarsctl, program: Path) -> None:
        error = {"kind": "change-conflict", "message": "cannot mend: process 7 is", "fix": None}
        self.says(program, {"type": "error", "error": {**error, "details": {}}})
        assert tarsctl("doctor").status == 5

    @pytest.mark.parametrize("said", ["", "Traceback", "[]"])
    def test_nonsense_is_told(self, tarsctl: Tarsctl, program: Path, said: str) -> None:
        self.says(program, said)
        ran = tarsctl("doctor")
        assert ran.status == 1
        assert "has said nothing that makes sense" in ran.err

    def test_looking_asks_for_root_and_explaining_does_not(
        self, tarsctl: Tarsctl, program: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        self.says(program, {"type": "sync", "result": {"id": "disk.low", "what": "Little space"}})
        assert tarsctl("doctor").status == 4
        ran = tarsctl("doctor", "explain", "disk.low")
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.startswith("disk.low\n\nLittle space.\n")

    def test_without_a_program_nobody_answers(self, tarsctl: Tarsctl, program: Path) -> None:
        assert tarsctl("doctor").status == 3
