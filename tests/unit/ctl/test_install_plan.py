"""tarsctl install --dry-run, and the questions and the plan that come before a yes."""

import json
from pathlib import Path

import pytest

from tests.unit.ctl.facts import Json, change, plan, task, verdict
from tests.unit.ctl.fake_daemon import FakeDaemon, Request, started, sync
from tests.unit.ctl.image_archive import image_archive
from tests.unit.ctl.runs import Tarsctl, Terminal

PLAN = """\
This would
  Settings  stack.frontend  false -> true
            models.keep     none -> llama3.1:8b, phi3
  Images    pull          webui:1
            here already  redis:8 · chroma:1
  Secrets   make  redis-password
  Services  create         webui
            replace        redis (environment, ports)
            keep as it is  chromadb
  Models    pull if missing  llama3.1:8b · phi3

NO-GO · 15 passed, 1 failed

  fail  port.taken  port 8080: held by nginx (pid 812, nginx.service); webui cannot start
                    fix: sudo systemctl stop nginx.service, or set ports.webui

nothing was changed
"""

TAKEN = {
    "id": "port.taken",
    "subject": "port 8080",
    "status": "fail",
    "summary": "held by nginx (pid 812, nginx.service); webui cannot start",
    "fix": "sudo systemctl stop nginx.service, or set ports.webui",
}


@pytest.fixture(autouse=True)
def answering(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/version", sync({"version": "2.0.0", "pid": 1, "uptime_seconds": 1}))
    daemon.on("POST", "/v1/install", started("17"))
    daemon.on("POST", "/v1/install/plan", sync(plan()))
    end = change("done", task(1, "render", "done"), kind="install", result=verdict())
    daemon.changes("17", end)


def refused() -> Json:
    return plan(
        "NO-GO",
        failures=[TAKEN],
        settings=[
            {"key": "stack.frontend", "from": False, "to": True},
            {"key": "models.keep", "from": [], "to": ["llama3.1:8b", "phi3"]},
        ],
        images=[
            {"reference": "redis:8", "from": "here"},
            {"reference": "chroma:1", "from": "here"},
            {"reference": "webui:1", "from": "registry"},
        ],
        services=[
            {"name": "chromadb", "what": "keep", "why": None},
            {"name": "redis", "what": "recreate", "why": "environment, ports"},
            {"name": "webui", "what": "create", "why": None},
        ],
        models=["llama3.1:8b", "phi3"],
    )


def test_a_plan_that_is_refused(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/install/plan", sync(refused()))
    ran = tarsctl("install", "--dry-run", "--with-frontend")
    assert (ran.status, ran.out, ran.err) == (1, PLAN, "")
    assert not daemon.asked("POST", "/v1/install")
    assert daemon.asked("POST", "/v1/install/plan")[0].json["with_frontend"] is True


def test_a_plan_needs_no_yes_and_asks_nothing(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/install/plan", sync(plan(questions=QUESTIONS)))
    ran = tarsctl("install", "--dry-run")
    assert ran.status == 0
    assert ran.out.endswith("\nGO · 15 passed\n\nnothing was changed\n")


def test_a_plan_for_a_program(tarsctl: Tarsctl) -> None:
    ran = tarsctl("install", "--dry-run", "--json")
    assert json.loads(ran.out) == {"schema": 1, **plan()}


def test_nothing_to_do_is_said(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    nothing = plan(images=[], secrets=[], services=[])
    daemon.on("POST", "/v1/install/plan", sync(nothing))
    assert tarsctl("install", "--dry-run").out.startswith("This would change nothing\n")


def test_what_cannot_be_known_is_said(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    blind = plan("NO-GO", images=None, services=None)
    daemon.on("POST", "/v1/install/plan", sync(blind))
    out = tarsctl("install", "--dry-run").out
    assert "  Images    not known  the stack cannot be rendered yet\n" in out
    assert "  Services  not known  the stack cannot be rendered yet\n" in out


def test_the_archives_images_are_told_and_not_sent(
    tarsctl: Tarsctl, daemon: FakeDaemon, tmp_path: Path
) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(image_archive())
    assert tarsctl("install", "--dry-run", "--image-archive", str(path)).status == 0
    asked = daemon.asked("POST", "/v1/install/plan")[0].json
    assert asked["archive"] == {"redis:8.10.1": None}
    assert asked["pull"] is False
    assert not daemon.asked("POST", "/v1/images/load")


QUESTIONS = [
    {"answer": "with_frontend", "about": "port 8080"},
    {"answer": "cpu_only", "about": "NVIDIA GeForce RTX 4090"},
    {"answer": "skip_nas", "about": "/mnt/nas/docs"},
]


def until_answered(daemon: FakeDaemon, questions: list[Json]) -> None:
    """A daemon that asks what no flag and no file has answered, as the real one does."""

    def answer(request: Request) -> bytes:
        left = [it for it in questions if request.json[it["answer"]] is None]
        return sync(plan(questions=left))

    daemon.on("POST", "/v1/install/plan", answer)


def test_enter_takes_what_is_sensible(daemon: FakeDaemon) -> None:
    until_answered(daemon, QUESTIONS)
    terminal = Terminal("install", columns=100)
    for question in (
        "A web UI, on port 8080? [Y/n]",
        "Use the GPU (NVIDIA GeForce RTX 4090)? [Y/n]",
        "Let the stack read the documents at /mnt/nas/docs? [Y/n]",
        "Go ahead? [Y/n]",
    ):
        terminal.wait_for(question)
        terminal.press("\n")
    assert terminal.finish() == 0
    sent = daemon.asked("POST", "/v1/install")[0].json
    assert (sent["with_frontend"], sent["cpu_only"], sent["skip_nas"]) == (True, False, False)


def test_a_no_is_the_flag_that_says_no(daemon: FakeDaemon) -> None:
    until_answered(daemon, QUESTIONS)
    terminal = Terminal("install", "--with-gpu", columns=100)
    terminal.wait_for("A web UI, on port 8080? [Y/n]")
    terminal.press("perhaps\n")
    terminal.wait_for('please answer "y" or "n"')
    terminal.press("n\n")
    terminal.wait_for("/mnt/nas/docs? [Y/n]")
    terminal.press("No\n")
    terminal.wait_for("Go ahead? [Y/n]")
    terminal.press("\n")
    assert terminal.finish() == 0
    assert "Use the GPU" not in terminal.text
    sent = daemon.asked("POST", "/v1/install")[0].json
    assert (sent["with_frontend"], sent["cpu_only"], sent["skip_nas"]) == (False, False, True)


@pytest.mark.parametrize("keys", ["\x04", "\x03"])
def test_the_end_of_input_at_a_question_changes_nothing(daemon: FakeDaemon, keys: str) -> None:
    until_answered(daemon, QUESTIONS)
    terminal = Terminal("install")
    terminal.wait_for("[Y/n]")
    terminal.press(keys)
    assert terminal.finish() == (1 if keys == "\x04" else 130)
    if keys == "\x04":
        assert "the input ended at a question; nothing was changed" in terminal.text
    assert not daemon.asked("POST", "/v1/install")


def test_a_machine_that_is_not_ready_is_not_asked_to_go_ahead(daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/install/plan", sync(refused()))
    terminal = Terminal("install")
    assert terminal.finish() == 1
    assert "NO-GO" in terminal.text
    assert "Go ahead?" not in terminal.text
    assert terminal.text.endswith("nothing was changed\n")
    assert not daemon.asked("POST", "/v1/install")
