"""tarsctl config: the settings, whether they are right, and how to apply them."""

from __future__ import annotations

import json

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.settings import error_line
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import ConfigCheck, Setting


def check(_args: Namespace, console: Console, daemon: Daemon) -> int:
    return _tell_check(daemon.get("/v1/config/check"), console, "valid")


def reload(_args: Namespace, console: Console, daemon: Daemon) -> int:
    return _tell_check(daemon.post("/v1/config/reload"), console, "reloaded")


def show(_args: Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/config")
    if console.json:
        console.show_json(answer)
        return 0
    settings: dict[str, Setting] = answer.get("settings") or {}
    rows = [plain("SETTING", "VALUE", "SOURCE")]
    rows += [
        plain(key, _as_written(setting.get("value")), setting.get("source") or human.UNKNOWN)
        for key, setting in sorted(settings.items())
    ]
    console.show(*align(rows, console.paint))
    return 0


def _tell_check(result: ConfigCheck, console: Console, good: str) -> int:
    valid = result.get("valid") is True
    if console.json:
        console.show_json(result)
        return 0 if valid else 1
    errors = result.get("errors") or []
    console.show(*map(error_line, errors))
    for warning in result.get("warnings") or []:
        console.show(f"warning: {human.one_line(warning.get('summary') or '')}")
        if fix := warning.get("fix"):
            console.show(f"  fix: {fix}")
    files = result.get("files") or []
    if unchecked := result.get("unchecked"):
        console.say(f"not checked: {unchecked}")
    if valid:
        console.say(f"{good}: {', '.join(files) or 'no file, defaults only'}")
    else:
        console.say(
            f"not valid: {human.counted(len(errors), 'error')}; tarsd keeps the settings it has"
        )
    return 0 if valid else 1


def _as_written(value: object) -> str:
    # strings, numbers, booleans and lists look in JSON as the owner writes them in TOML
    return human.UNKNOWN if value is None else json.dumps(value, ensure_ascii=False)


COMMANDS = (
    Command(
        "config check",
        "say whether the settings on disk are right",
        check,
        description="Reads the files of settings and the Compose override. Changes nothing."
        "\nExits with 1 when they are not right.",
        examples=(
            ("tarsctl config check", "file, line and what is wrong"),
            ("tarsctl config check --json | jq .errors", "for a program"),
        ),
    ),
    Command(
        "config show",
        "show every setting, its value and where it comes from",
        show,
        examples=(
            ("tarsctl config show", ""),
            ("tarsctl config show | grep ports", "one family"),
            ("tarsctl config show --json", "for a program"),
        ),
    ),
    Command(
        "config reload",
        "make tarsd read its settings again",
        reload,
        description="Settings that are not right are refused, and tarsd keeps those it has.",
        examples=(
            ("sudo tarsctl config reload", ""),
            ("sudo systemctl reload tarsd", "the same"),
        ),
    ),
)
