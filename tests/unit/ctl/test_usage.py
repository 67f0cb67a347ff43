"""What the command line answers to what it does not understand, and its help."""

import json

import pytest

from tarsd.ctl.commands import NAMES
from tarsd.ctl.parser import full_parser
from tests.unit.ctl.fake_daemon import FakeDaemon, refused
from tests.unit.ctl.runs import Tarsctl


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stauts", 'cannot run "stauts": there is no such command; try: tarsctl status'),
        ("xyzzy", 'cannot run "xyzzy": there is no such command; try: tarsctl --help'),
        ("confg show", 'cannot run "confg": there is no such command; try: tarsctl config'),
        ("config chek", 'cannot run config: there is no "config chek"; try: tarsctl config check'),
        ("--quiet status", "cannot begin with --quiet: flags come after the command; "
         "try: tarsctl status --quiet"),
        ("status --jsn", "cannot run tarsctl status: there is no flag --jsn; "
         "try: tarsctl status --json"),
        ("status --frob=2", "cannot run tarsctl status: there is no flag --frob; "
         "try: tarsctl status --help"),
        ("install --skip-na", "cannot run tarsctl install: there is no flag --skip-na; "
         "try: tarsctl install --skip-nas"),
        ("status redis", 'cannot run tarsctl status: there is no place for "redis"; '
         "try: tarsctl status --help"),
        ("stop --timeout soon", "cannot run tarsctl stop: --timeout: must be a number of seconds "
         'above 0, not "soon"; try: tarsctl stop --help'),
        ("stop --timeout nan", "cannot run tarsctl stop: --timeout: must be a number of seconds "
         'above 0, not "nan"; try: tarsctl stop --help'),
        ("logs redis -n many", "cannot run tarsctl logs: -n/--lines: must be a number of lines, "
         '100,000 at most, not "many"; try: tarsctl logs --help'),
        ("logs redis -n 200000", "cannot run tarsctl logs: -n/--lines: must be a number of lines, "
         '100,000 at most, not "200000"; try: tarsctl logs --help'),
        ("logs redis --lnes=3 -f", "cannot run tarsctl logs: there is no flag --lnes; "
         "try: tarsctl logs redis --lines=3 -f"),
        ("logs", "cannot run tarsctl logs: the following arguments are required: SERVICE; "
         "try: tarsctl logs --help"),
        ("watch seventeen", "cannot run tarsctl watch: ID: must be a change's number, "
         'not "seventeen"; try: tarsctl watch --help'),
        ("logs ../../x", 'cannot show logs: "../../x" is no service name; try: tarsctl status'),
        ("uninstall --machine attic", "cannot uninstall: --machine goes with --purge-data only"),
    ],
)  # fmt: skip
def test_one_line_names_the_thing_and_the_fix(
    tarsctl: Tarsctl, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    ran = tarsctl(*line.split())
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"tarsctl: {message}\n"


def test_usage_error_as_json(tarsctl: Tarsctl) -> None:
    ran = tarsctl("status", "--jsn", "--json")
    assert ran.status == 2
    assert json.loads(ran.out) == {
        "schema": 1,
        "error": {
            "kind": "bad-request",
            "message": "cannot run tarsctl status: there is no flag --jsn",
            "fix": "tarsctl status --json",
            "details": {},
        },
    }


@pytest.mark.parametrize(
    ("status", "kind", "exit_status"),
    [
        (400, "bad-request", 2),
        (404, "unknown-service", 2),
        (404, "not-found", 2),
        (403, "not-allowed", 4),
        (409, "change-conflict", 5),
        (409, "not-installed", 1),
        (422, "archive-invalid", 1),
        (503, "engine-unavailable", 1),
        (503, "state-unavailable", 1),
        (422, "config-invalid", 1),
        (500, "internal", 1),
        (500, "invented-tomorrow", 1),
    ],
)
def test_exit_status_of_each_kind(
    tarsctl: Tarsctl, daemon: FakeDaemon, status: int, kind: str, exit_status: int
) -> None:
    daemon.on("GET", "/v1/status", refused(status, kind, "cannot do that: no", "tarsctl watch 17"))
    ran = tarsctl("status")
    assert ran.status == exit_status
    assert ran.err == "tarsctl: cannot do that: no; try: tarsctl watch 17\n"


def test_refusal_of_a_member_says_sudo(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/config/reload", refused(403, "not-allowed", "cannot reload: not root"))
    ran = tarsctl("config", "reload", "--no-color")
    assert ran.status == 4
    assert ran.err == (
        "tarsctl: cannot reload: not root; try: sudo tarsctl config reload --no-color\n"
    )


def test_alone_it_shows_what_it_can(tarsctl: Tarsctl) -> None:
    alone = tarsctl()
    assert alone.status == 0
    assert all(f"  {name} " in alone.out for name in NAMES)
    assert "sudo tarsctl install" in alone.out
    assert tarsctl("--help") == tarsctl("-h") == alone


def test_family_shows_its_members(tarsctl: Tarsctl) -> None:
    alone = tarsctl("config")
    assert (alone.status, alone.err) == (0, "")
    assert alone.out.startswith("usage: tarsctl config {check,show,reload}")
    assert tarsctl("config", "-h") == alone


@pytest.mark.parametrize("name", NAMES)
def test_help_of_each_command_has_examples(tarsctl: Tarsctl, name: str) -> None:
    ran = tarsctl(*name.split(), "-h")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: tarsctl {name} [-h]")
    _, _, examples = ran.out.partition("\nexamples:\n")
    assert 2 <= len(examples.splitlines()) <= 3
    assert all(f"tarsctl {name}" in line or "systemctl" in line for line in examples.splitlines())
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_full_parser_knows_every_command_and_flag() -> None:
    args = full_parser().parse_args(["logs", "redis", "-n", "5", "--json"])
    assert (args.service, args.lines, args.json) == ("redis", 5, True)
    assert full_parser().parse_args(["config", "check", "-q"]).quiet
