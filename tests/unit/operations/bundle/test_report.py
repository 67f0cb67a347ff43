"""REPORT.html and README.txt: the worst first, nothing lost for a file that is missing, nothing of a stranger's run."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from tarsd.operations.bundle.report import README, REPORT, report


@dataclass
class File:
    name: str
    collector: str = "x"
    path: Path | None = None
    size: int = 0
    lines: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict[str, int])
    withheld: str | None = None
    truncated: str | None = None


@dataclass
class Facts:
    name: str = "tars-bundle-1a2b3c-20261122T031500Z"
    made: str = "2026-11-22T03:15:00.000Z"
    version: str = "2.0.0"
    asked: Mapping[str, Any] = field(default_factory=lambda: {"since": "2026-11-21T03:15:00.000Z"})
    collectors: list[Mapping[str, Any]] = field(
        default_factory=lambda: [{"id": "logs", "title": "Service logs", "seconds": 0.1}]
    )
    missing: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])


STATUS = {
    "machine": "<host:1a2b3c>",
    "overall": "unhealthy",
    "message": "4 of 5 services are healthy; not redis",
    "installed": True,
    "services": [
        {"name": "redis", "state": "running", "health": "unhealthy", "message": "no answer within 5 s",
         "answers": None, "restarts": 3, "memory_bytes": 4_000_000, "memory_limit_bytes": None, "image": "redis:8.10.1"}
    ],
    "problems": [
        {"id": "engine.old", "subject": "Docker", "message": "it is old", "fix": "sudo apt upgrade", "incident": None}
    ],
}  # fmt: skip
INCIDENT = {
    "id": 31, "fault": "service.hung", "subject": "redis", "status": "held", "severity": "fail", "summary": "hangs",
    "fix": "tarsctl logs redis", "opened": "2026-11-22T03:12:04.100Z", "resolved": None, "attempts": 2,
    "next_try": "2026-11-22T03:42:04.100Z",
}  # fmt: skip
DOCTOR = {
    "counts": {"passed": 190, "failed": 1, "warned": 0, "skipped": 1, "unknown": 1},
    "findings": [
        {"id": "secret.perms", "subject": "/s", "status": "fail", "summary": "open to all", "evidence": ["mode 0755"],
         "commands": ["sudo chmod 0700 /s"], "usual": True},
        {"id": "gpu.lost", "subject": "ollama", "status": "skip", "summary": "waits for docker.down"},
        {"id": "port.taken", "subject": "ports", "status": "unknown", "summary": "no answer within 5 s", "usual": True},
        {"id": "disk.full", "subject": "disk", "status": "pass", "summary": "half of it is free"},
    ],
}  # fmt: skip


def made(
    directory: Path, contents: Mapping[str, object], facts: Facts | None = None, *more: File
) -> tuple[str, str]:
    """The two of a bundle of these files: a list becomes lines of JSON, a text stays one."""
    files: list[File] = list(more)
    for name, content in contents.items():
        path = directory / name.replace("/", "-")
        if isinstance(content, list):
            rows = cast("list[object]", content)
            text = "".join(json.dumps(row) + "\n" for row in rows)
        else:
            text = content if isinstance(content, str) else json.dumps(content, indent=1)
        path.write_text(text)
        files.append(File(name, name.partition("/")[0], path, len(text), 1))
    pages = report(facts or Facts(), files)
    return pages[REPORT].decode(), pages[README].decode()


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_worst_is_told_first(tmp_path: Path) -> None:
    html, readme = made(
        tmp_path,
        {
            "daemon/status.json": STATUS,
            "incidents/incidents.jsonl": [INCIDENT],
            "incidents/evidence/31/20261122T031204Z-container.log": "x",
            "doctor/doctor.json": DOCTOR,
            "logs/redis.log": "x",
        },
    )
    text = Page(html).text
    for told in (
        "unhealthy", "4 of 5 services are healthy; not redis", "1 open incident · doctor: 1 failed",
        "no answer within 5 s", "service.hung · redis", "held", "2 acts have not mended it", "tarsctl logs redis",
        "engine.old · Docker", "sudo apt upgrade", "secret.perms", "mode 0755", "sudo chmod 0700 /s", "port.taken",
        "waits for docker.down",
    ):  # fmt: skip
        assert told in text
    assert "half of it is free" not in text
    assert text.index("unhealthy") < text.index("service.hung") < text.index("secret.perms")
    links = {it.get("href") for tag, it in Page(html).tags if tag == "a"}
    assert {"logs/redis.log", "incidents/evidence/31/20261122T031204Z-container.log"} <= links
    assert "unhealthy: 4 of 5 services are healthy; not redis" in readme


def test_without_a_daemon_the_doctor_is_the_witness(tmp_path: Path) -> None:
    html, _ = made(tmp_path, {"doctor/doctor.json": DOCTOR | {"offline": True}})
    assert "tarsd does not answer" in html
    assert "the doctor, run without it: 190 passed, 0 warned, 1 failed" in html
    assert "asked without tarsd" in html


def test_of_nothing_it_says_that_nothing_is_known(tmp_path: Path) -> None:
    html, readme = made(tmp_path, {})
    text = Page(html).text
    assert text.count("Not known") == 3
    assert "tarsd does not answer" not in text + readme
    assert "Verdict   unknown" in readme


def test_a_status_that_is_withheld_is_no_daemon_that_is_silent(tmp_path: Path) -> None:
    withheld = File("daemon/status.json", "daemon", withheld="it is too long")
    html, _ = made(tmp_path, {"doctor/doctor.json": DOCTOR}, None, withheld)
    assert "tarsd does not answer" not in html
    assert "no status is in here; the doctor: 190 passed" in html
    silent = Facts(missing=[{"collector": "daemon", "name": "daemon", "why": "late", "text": "x"}])
    assert "tarsd does not answer" in made(tmp_path, {}, silent)[0]


def test_a_field_that_makes_no_sense_costs_its_own_section_only(tmp_path: Path) -> None:
    html, _ = made(
        tmp_path,
        {
            "daemon/status.json": STATUS | {"message": "half \ud800 of a pair"},
            "engine/events.jsonl": [{"time_nano": 10**40, "type": "container", "action": "die"}],
            "doctor/doctor.json": DOCTOR,
        },
    )
    assert "This part cannot be shown: OverflowError" in html
    assert "secret.perms" in html
    assert "half ? of a pair" in html


@pytest.mark.parametrize(
    "damage", ["{", "[1, 2]", "null", '{"services": 7, "problems": [3]}', "[" * 100_000]
)
def test_a_damaged_file_costs_its_own_part_only(tmp_path: Path, damage: str) -> None:
    html, _ = made(
        tmp_path,
        {
            "daemon/status.json": damage,
            "doctor/doctor.json": damage,
            "probes/probes.json": damage,
            "engine/events.jsonl": damage,
            "changes/changes.jsonl": damage,
            "incidents/timeline.jsonl": damage,
            "incidents/incidents.jsonl": [INCIDENT],
        },
    )
    assert "service.hung · redis" in Page(html).text


def test_the_timeline_is_one_order_of_all_witnesses(tmp_path: Path) -> None:
    html, _ = made(
        tmp_path,
        {
            "incidents/incidents.jsonl": [INCIDENT],
            "incidents/timeline.jsonl": [
                {"incident": 31, "at": "2026-11-22T03:12:05.000Z", "kind": "did", "text": "restart redis", "seconds": 4.8},
                {"incident": 30, "at": "2026-11-01T03:12:05.000Z", "kind": "did", "text": "long ago"},
            ],
            "changes/changes.jsonl": [
                {"id": 17, "kind": "install", "summary": "install the stack", "status": "needs-owner",
                 "started": "2026-11-22T03:12:06.000Z", "ended": "2026-11-22T03:12:07.000Z"},
            ],
            "engine/events.jsonl": [
                {"time_nano": 1795317124000000000, "type": "container", "action": "die", "name": "tars-redis-1",
                 "exitCode": "137"},
                {"time_nano": 1795317124500000000, "type": "container", "action": "kill", "name": "tars-redis-1"},
            ],
        },
    )  # fmt: skip
    text = Page(html).text.partition("Timeline ")[2].partition("Doctor Not")[0]
    order = [
        "needs-owner",
        "began: install the stack",
        "did: restart redis (4.8 s)",
        "container die, exit status 137",
    ]
    places = [text.index(told) for told in order]
    assert places == sorted(places)
    assert "long ago" not in text
    assert "container kill" not in text


def test_what_is_missing_is_told_once_for_each_reason(tmp_path: Path) -> None:
    gone = "cannot reach the Docker Engine: no answer"
    facts = Facts(
        asked={"since": "2026-11-21T03:15:00.000Z", "exclude": ["kernel"]},
        missing=[
            {"collector": "logs", "name": "logs", "why": "late", "text": gone},
            {"collector": "engine", "name": "engine", "why": "late", "text": gone},
            {
                "collector": "gpu",
                "name": "gpu",
                "why": "absent",
                "text": "no NVIDIA card in this machine",
            },
        ],
    )
    withheld = File("logs/odd.log", "logs", withheld="it is binary")
    cut = File("logs/long.log", "logs", tmp_path / "none", truncated="its end is missing")
    html, readme = made(tmp_path, {}, facts, withheld, cut)
    text = Page(html).text.partition("What is missing ")[2]
    assert text.count(gone) == 1
    for told in (f"no answer in time logs, engine {gone}", "withheld logs/odd.log it is binary", "logs/long.log",
                 "not asked for kernel", "Not on this machine: gpu (no NVIDIA card in this machine)"):  # fmt: skip
        assert told in text
    assert "logs/odd.log: withheld (it is binary)" in readme
    assert "All 1 files" in text


HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


def test_nothing_of_a_stranger_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    """A service's log, a container's name or a model's answer may hold anything, and people open this in a browser."""
    status = json.loads(json.dumps(STATUS).replace("no answer within 5 s", "HOSTILE"))
    status["services"][0]["message"] = HOSTILE
    status["services"][0]["name"] = HOSTILE
    facts = Facts(
        version=HOSTILE,
        missing=[{"collector": HOSTILE, "name": HOSTILE, "why": HOSTILE, "text": HOSTILE}],
    )
    html, _ = made(
        tmp_path,
        {
            "daemon/status.json": status,
            "incidents/incidents.jsonl": [{**INCIDENT, "summary": HOSTILE, "fix": HOSTILE, "id": HOSTILE}],
            "incidents/timeline.jsonl": [
                {"incident": HOSTILE, "at": "2026-11-22T03:12:05.000Z", "kind": HOSTILE, "text": HOSTILE}
            ],
        },
        facts,
        File(f'"onclick="alert(1){HOSTILE}', HOSTILE, tmp_path),
    )  # fmt: skip
    page = Page(html)
    assert not {"script", "img", "iframe", "link"} & {tag for tag, _ in page.tags}
    assert not [it for _, it in page.tags if any(key.startswith("on") for key in it)]
    assert "alert(1)" in page.text


def test_it_asks_nobody_for_anything(tmp_path: Path) -> None:
    html, _ = made(tmp_path, {"daemon/status.json": STATUS, "doctor/doctor.json": DOCTOR})
    assert not re.search(r"https?:|src=|url\(|@import", html)
    assert "default-src 'none'" in html


def test_a_mark_is_shown_as_it_is_and_seen_by_no_redactor_as_a_key(tmp_path: Path) -> None:
    html, _ = made(
        tmp_path, {"daemon/status.json": STATUS | {"message": "key <secret:7f3a91> is wrong"}}
    )
    assert "<secret:7f3a91>" in Page(html).text.replace(" < ", "<")
    assert "secret:7f3a91" not in html


def test_a_number_that_was_replaced_costs_the_number_only(tmp_path: Path) -> None:
    text = json.dumps(STATUS, indent=1).replace("4000000", "<secret:7f3a91>")
    html, _ = made(tmp_path, {"daemon/status.json": text})
    assert "4 of 5 services are healthy; not redis" in html
