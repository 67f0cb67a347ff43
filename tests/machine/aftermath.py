"""What an interrupted install must have come to, without anybody's help."""

import json

from tests.machine.home import STATE, Home
from tests.machine.shapes import Change

ENDS = {"done", "undone"}

LEFT_BEHIND = f"""
docker ps -aq --filter label=com.docker.compose.project=tars --format 'container {{{{.Names}}}}'
docker network ls --filter label=com.docker.compose.project=tars --format 'network {{{{.Name}}}}'
find {STATE} /etc/tars-home \\( -name '.*' -o -name '*new' -o -name '*.next' \\) -printf 'file %p\\n'
"""
UNITS = "systemctl list-units --all --plain --no-legend 'tars-job-*'"
INTEGRITY = f"""
import sqlite3
print(sqlite3.connect("{STATE}/state.db").execute("PRAGMA integrity_check").fetchone()[0])
"""


def check(home: Home, change_id: str) -> str:
    """Wait for the change's end and insist on one of two states of the machine; returns the end."""
    ended = home.ask(Change, "tasks", change_id)
    if ended.ended is None:
        ended = home.machine.exec("tarsctl", "watch", change_id, "--json", check=False, within=420)
        ended = Change.model_validate_json(ended.out)
    assert ended.status in ENDS, ended
    assert home.machine.exec("python3", "-c", INTEGRITY).out == "ok\n"
    home.machine.wait("jobs to be gone", lambda: not home.machine.sh(UNITS).out)
    if ended.status == "done":
        home.wait_for("healthy")
    else:
        assert not home.status().installed
        assert left_behind(home) == [], ended
    return ended.status


def mended(home: Home) -> list[str]:
    """What tarsd says, since the boot, of what it did that an owner would have had to do."""
    said = (str(entry["MESSAGE"]) for entry in home.journal("-b"))
    return [it for it in said if "restarted Docker" in it or "had been cut off" in it]


def left_behind(home: Home) -> list[str]:
    """Containers, networks and half-written files of the stack."""
    return home.machine.sh(LEFT_BEHIND).out.splitlines()


def newest_change(home: Home) -> str:
    """The id of the change that was begun last."""
    listed = json.loads(home.tarsctl("changes", "--json").out)["changes"]
    return str(listed[0]["id"])


def fresh(home: Home) -> None:
    """No stack, no volumes, no secrets: as before the first install, but for the images."""
    if home.status().installed or home.machine.sh("docker volume ls -q").out:
        machine = home.machine.exec("hostname").out.strip()
        home.tarsctl("uninstall", "--purge-data", "--machine", machine, "--yes", within=180)
    home.machine.sh("rm -rf /var/lib/tars-home/secrets /etc/tars-home/conf.d/50-install.toml")
    assert left_behind(home) == []
