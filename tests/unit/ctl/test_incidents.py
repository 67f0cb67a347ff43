"""Incidents as a person sees them, and the owner's word on one."""

import json
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from tarsd.ctl.console import Paint
from tarsd.ctl.incident_screen import list_lines, story_lines
from tarsd.ctl.status_screen import screen
from tests.unit.ctl.facts import NOW, Json, entry, held, incident, status, story
from tests.unit.ctl.fake_daemon import FakeDaemon, refused, sync
from tests.unit.ctl.runs import Tarsctl

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Incident, Status

STORY = """\
31 · gpu.container-lost · ollama · resolved · 9.4 s

03:12:04.1  seen      systemd reloaded its units; ollama's nvidia-smi
                      says "Failed to initialize NVML: Unknown Error";
                      the host's GPU is fine
03:12:04.1  decided   recreate ollama: idle for 41 min, data safe (volume
                      at /root/.ollama), 0 of 2 this hour
03:12:04.3  saved     evidence (inspect, 400 log lines, GPU, kernel log)   0.2 s
03:12:08.9  did       recreate ollama                                      4.8 s
03:12:13.5  verified  model loaded on the GPU, test query 38 ms            4.6 s
03:12:13.5  resolved  ollama answers on the GPU                            9.4 s

Kept  2 files in /var/lib/tars-home/evidence/31
"""

LIST = """\
ID  STATE     FAULT               SUBJECT  OPENED               LASTED
32  held      service.hung        redis    today 03:05           7 min
  redis has not answered for 312 s: it takes connections and says nothing
31  resolved  gpu.container-lost  ollama   today 03:12           9.4 s
30  resolved  service.exited      webui    yesterday 22:10  3 min 12 s
"""

HELD = """\
32 · service.hung · redis · held · 7 min · came back 2 times

23:59:59.1  reopened  it hangs again
22 Nov 2026
03:12:04.1  held      4 attempts, still hung

Now       redis has not answered for 312 s: it takes connections and says
          nothing
Next try  today 03:41
Known     acknowledged today 03:12
Fix       tarsctl logs redis
"""


def told(facts: Json, width: int | None = 80) -> str:
    lines = story_lines(cast("Incident", facts), NOW, width, Paint(enabled=False))
    return "".join(f"{line}\n" for line in lines)


def rows() -> "list[Incident]":
    gone = incident(
        30, fault="service.exited", subject="webui", seconds=192.0, opened="2026-11-21T22:10:00Z"
    )
    return [cast("Incident", it) for it in (held(), incident(), gone)]


@pytest.fixture
def utc(surroundings: None) -> None:
    time.tzset()


@pytest.mark.usefixtures("utc")
def test_the_story_of_one_on_eighty_columns() -> None:
    assert told(story()) == STORY


@pytest.mark.usefixtures("utc")
def test_one_that_is_held_says_what_it_waits_for_and_over_which_days() -> None:
    facts = {
        **held(),
        "reopened": 2,
        "acknowledged": NOW,
        "entries": [
            {**entry("", "reopened", "it hangs again"), "at": "2026-11-21T23:59:59.100Z"},
            entry("03:12:04.100", "held", "4 attempts, still hung"),
        ],
    }
    assert told(facts) == HELD


@pytest.mark.usefixtures("utc")
def test_the_list_with_what_is_wrong_below_what_is_open() -> None:
    lines = list_lines(rows(), NOW, 80, Paint(enabled=False))
    assert "".join(f"{line}\n" for line in lines) == LIST


def test_colour_counts_for_no_width() -> None:
    def plain(lines: "list[str]") -> "list[str]":
        codes = ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m")
        return ["".join(_without(line, codes)) for line in lines]

    painted = list(list_lines(rows(), NOW, 80, Paint(enabled=True)))
    assert plain(painted) == list(list_lines(rows(), NOW, 80, Paint(enabled=False)))
    assert "\x1b[31mheld\x1b[0m" in "".join(painted)
    facts = cast("Incident", story())
    painted = story_lines(facts, NOW, 80, Paint(enabled=True))
    assert plain(painted) == story_lines(facts, NOW, 80, Paint(enabled=False))
    assert "\x1b[32mresolved\x1b[0m" in painted[0]


def _without(line: str, codes: tuple[str, ...]) -> str:
    for code in codes:
        line = line.replace(code, "")
    return line


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    assert max(map(len, told(story(), width).splitlines())) <= width


@pytest.mark.parametrize("width", [None, 1, 80])
def test_any_value_may_be_null_or_missing(width: int | None) -> None:
    for facts in (story(), held()):
        for key in facts:
            for changed in ({**facts, key: None}, {k: v for k, v in facts.items() if k != key}):
                told(changed, width)
                list(list_lines([cast("Incident", changed)], None, width, Paint(enabled=False)))
    bare: dict[str, Any] = {"entries": [{}, {"at": "?"}]}
    assert told(bare, width)


def test_foreign_text_cannot_break_the_screen() -> None:
    facts = incident(entries=[entry("03:12:04.100", "seen", "one\ntwo\x1b[2J\r")], subject="a\nb")
    assert "one two [2J\n" in told(facts)
    assert "\x1b" not in told(facts)


def test_the_list_ends_with_what_to_look_at(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    mttr = [{"fault": "service.exited", "count": 14, "median_seconds": 11.2}]
    answer = {"incidents": [incident(33), held()], "mttr": mttr, "unreadable": 1}
    daemon.on("GET", "/v1/incidents", sync(answer))
    ran = tarsctl("incidents")
    assert ran.out.endswith(
        "\nMedian time to repair\n  service.exited  11 s  of 14 incidents\n"
        "\nNext: tarsctl incidents show 32\n"
    )
    assert ran.err == "1 row of state.db cannot be read and left out\n"
    assert "Next:" not in tarsctl("incidents", "-q").out
    daemon.on("GET", "/v1/incidents", sync({**answer, "mttr": None, "unreadable": 0}))
    assert tarsctl("incidents").err == "state.db cannot be read: what is resolved is not shown\n"
    assert tarsctl("incidents", "--open").err == ""
    daemon.on("GET", "/v1/incidents", sync(answer))
    assert json.loads(tarsctl("incidents", "--json").out) == {"schema": 1, **answer}


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ((), "/v1/incidents"),
        (("--open",), "/v1/incidents?open=true"),
        (("--since", "24h"), "/v1/incidents?since=24h"),
        (("--open", "--since", "2026-11-22"), "/v1/incidents?open=true&since=2026-11-22T00:00:00Z"),
        (("--since", "2026-11-22T03:12+02:00"), "/v1/incidents?since=2026-11-22T01:12:00Z"),
    ],
)
@pytest.mark.usefixtures("utc")
def test_what_is_asked_for(
    tarsctl: Tarsctl, daemon: FakeDaemon, words: tuple[str, ...], target: str
) -> None:
    daemon.on("GET", "/v1/incidents", sync({"incidents": []}))
    ran = tarsctl("incidents", *words)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == ("no open incidents\n" if "--open" in words else "no incidents\n")
    assert [it.target for it in daemon.asked("GET", "/v1/incidents")] == [target]


def test_show_ends_with_what_may_be_done(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/incidents/32", sync(held()))
    assert tarsctl("incidents", "show", "32").out.endswith("\nNext: tarsctl incidents release 32\n")
    daemon.on("GET", "/v1/incidents/31", sync(story()))
    assert "Next" not in tarsctl("incidents", "show", "31").out
    assert json.loads(tarsctl("incidents", "show", "31", "--json").out) == {"schema": 1, **story()}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ack", "is acknowledged; it stays open until it passes"),
        ("resolve", "is closed by hand"),
        ("release", "is released; it is tried again at once"),
    ],
)
def test_a_word_on_one(tarsctl: Tarsctl, daemon: FakeDaemon, word: str, said: str) -> None:
    daemon.on("GET", "/v1/version", sync({}))
    daemon.on("POST", f"/v1/incidents/32/{word}", sync(held()))
    ran = tarsctl("incidents", word, "32")
    assert (ran.status, ran.out, ran.err) == (0, "", f"incident 32 (service.hung, redis) {said}\n")
    assert json.loads(tarsctl("incidents", word, "32", "--json").out)["id"] == "32"
    over = refused(
        409, "incident-over", "cannot do: incident 32: it is resolved", "tarsctl incidents show 32"
    )
    daemon.on("POST", f"/v1/incidents/32/{word}", over)
    assert tarsctl("incidents", word, "32").status == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("incidents shw 3", 'cannot run incidents: there is no "incidents shw"; try: tarsctl incidents show'),
        ("incidents show", "the following arguments are required: ID"),
        ("incidents ack x", "must be an incident's number"),
        ("incidents --since soon", "must be how long ago, such as 24h or 7d"),
    ],
)  # fmt: skip
def test_usage(tarsctl: Tarsctl, line: str, message: str) -> None:
    ran = tarsctl(*line.split())
    assert ran.status == 2
    assert message in ran.err


def test_the_name_alone_is_a_command_and_its_help_names_the_others(tarsctl: Tarsctl) -> None:
    assert "usage: tarsctl incidents [-h]" in tarsctl("incidents", "--help").out
    assert "ack, resolve or release" in tarsctl("incidents", "-h").out


def drawn(**facts: Any) -> str:
    lines = screen(cast("Status", status(**facts)), 80, Paint(enabled=False))
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.usefixtures("utc")
def test_status_has_a_line_for_each_that_is_open() -> None:
    assert """\
Incident  32 · redis has not answered for 312 s: it takes connections and says
          nothing · held, tried again today 03:41
""" in drawn(incidents={"open": [held()], "held": 1, "last": None})
    many = [
        {**held(), "id": str(number), "status": "open", "summary": "it hangs"}
        for number in range(5)
    ]
    text = drawn(incidents={"open": many, "held": 0, "last": None})
    assert "Incidents  0 · redis: it hangs · since today 03:05\n           1 · " in text
    assert "           and 2 more: tarsctl incidents --open\n" in text
    nothings: list[Json | None] = [None, {}, {"open": None}, {"open": []}]
    for nothing in nothings:
        assert "Incident" not in drawn(incidents=nothing)
    assert drawn(incidents={"open": [{}]})
