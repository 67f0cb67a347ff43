"""tarsd as a systemd service: how it starts, ends, dies, logs and what it may."""

import re

from tests.machine.home import Home
from tests.machine.shapes import NasReport

STOP_DEADLINE = 2.0  # seconds from SIGTERM to exit, with streams open
EXPOSURE = 2.0
READ_STATE = """
import sqlite3, sys
for row in sqlite3.connect("/var/lib/tars-home/state.db").execute(sys.argv[1]):
    print(row)
"""


def test_stops_in_two_seconds_with_an_open_stream(home: Home) -> None:
    home.machine.sh("tarsctl logs -f redis >/dev/null 2>&1 & echo $! >/tmp/follower; sleep 1")
    timed = home.machine.sh(
        "TIMEFORMAT=%R; time systemctl stop tarsd; systemctl show --value -p Result tarsd;"
        " systemctl start tarsd; kill $(cat /tmp/follower) 2>/dev/null || true"
    )
    assert float(timed.err.splitlines()[0]) < STOP_DEADLINE
    assert timed.out.split() == ["success"]


SILENT_DNS = """
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.9", 53))
time.sleep(600)
"""
NAS_SOMEWHERE = """
[nas]
source = "//nas.somewhere.example/docs"
path = "/mnt/nas/documents"
"""


def test_stops_in_two_seconds_while_the_name_servers_are_silent(home: Home) -> None:
    """`nas status` asks for the NAS's name; the C library tries for half a minute, and cannot be interrupted."""
    home.machine.exec("systemd-run", "--unit=silent-dns", "--collect", "python3", "-c", SILENT_DNS)
    home.machine.sh(
        "cp /etc/resolv.conf /root/resolv.conf; echo nameserver 127.0.0.9 >/etc/resolv.conf"
    )
    with home.settings(NAS_SOMEWHERE):
        try:
            home.tarsctl("config", "reload")
            shown = home.ask(NasReport, "nas", "status")
            stop = "TIMEFORMAT=%R; time systemctl stop tarsd; systemctl start tarsd"
            timed = home.machine.sh(stop)
        finally:
            home.machine.sh("cat /root/resolv.conf >/etc/resolv.conf; systemctl stop silent-dns")
    home.wait_for_answer()
    home.tarsctl("config", "reload")
    assert "nas.somewhere.example" in str(shown.message)
    assert float(timed.err.splitlines()[0]) < STOP_DEADLINE


def test_comes_back_after_kill_and_leaves_the_stack_alone(home: Home) -> None:
    before, old = home.started(), home.unit("MainPID")
    home.machine.exec("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "tarsd")
    home.machine.wait("another tarsd", lambda: home.unit("MainPID") not in {"0", old})
    home.wait_for_answer()
    home.wait_for("healthy")
    assert home.started() == before


def test_a_second_one_by_hand_leaves_the_first_alone(home: Home) -> None:
    """It would stop the first one's jobs, do its change a second time, and take its socket."""
    pid = home.unit("MainPID")
    ran = home.machine.exec("/usr/lib/tars-home/tarsd", "run", check=False, within=10)
    assert ran.status == 1
    assert ran.err == (
        f"tarsd: cannot run tarsd: process {pid} is looking after the stack already; "
        "try: systemctl status tarsd; sudo systemctl stop tarsd\n"
    )
    assert home.status().overall == "healthy"
    assert home.unit("MainPID") == pid


def test_a_stopped_one_leaves_no_socket_and_comes_back(home: Home) -> None:
    home.machine.exec("systemctl", "stop", "tarsd")
    try:
        told = home.refused("status", status=3)
        assert "it is not running (no /run/tarsd/tarsd.sock)" in told
    finally:
        home.machine.exec("systemctl", "start", "tarsd")
    home.wait_for_answer()


def test_leaves_no_process_behind(home: Home) -> None:
    home.tarsctl("restart", "redis", within=120)
    home.machine.wait("the job to be gone", lambda: not jobs(home))
    tasks = home.machine.sh("systemctl show --value -p TasksCurrent tarsd").out
    assert int(tasks) < 20
    pids = home.machine.sh("systemd-cgls --no-pager -u tarsd.service | grep -c tarsd").out
    assert int(pids) >= 1


def jobs(home: Home) -> list[str]:
    return home.machine.exec(
        "systemctl", "list-units", "--plain", "--no-legend", "tars-job-*"
    ).out.split()


def test_exposure_is_low(home: Home) -> None:
    shown = home.machine.exec("systemd-analyze", "security", "--no-pager", "tarsd").out
    overall = re.search(r"exposure level for tarsd.service: (\S+)", shown)
    assert overall is not None
    assert float(overall[1]) <= EXPOSURE


def test_journal_entries_carry_ids(home: Home) -> None:
    home.restart_daemon()
    home.tarsctl("restart", "redis", within=120)
    own = [entry for entry in home.journal("-b", "_COMM=tarsd") if "MESSAGE_ID" in entry]
    assert own
    change = [entry for entry in own if "TARS_CHANGE" in entry]
    assert change
    assert all(entry["PRIORITY"] in "34567" for entry in own)


def test_status_of_the_unit_says_how_the_stack_is(home: Home) -> None:
    home.tarsctl("stop", within=120)
    try:
        home.machine.wait(
            "the unit to say so", lambda: home.unit("StatusText").startswith("stopped"), 10
        )
    finally:
        home.tarsctl("start", within=120)
    home.machine.wait(
        "the unit to say so", lambda: home.unit("StatusText").startswith("healthy"), 10
    )


def test_writes_no_error_when_all_is_well(home: Home) -> None:
    home.restart_daemon()
    home.wait_for("healthy")
    assert not home.journal("-p", "err", "--since", "-20s")


def test_every_act_is_in_the_audit_with_who_asked(home: Home) -> None:
    home.machine.sh("useradd --system --groups tars anna")
    try:
        uid = home.machine.exec("id", "-u", "anna").out.strip()
        newest = "SELECT coalesce(max(id), 0) FROM audit"  # the uid may have been another's before
        before = home.machine.exec("python3", "-c", READ_STATE, newest).out.strip("(,)\n")
        home.tarsctl("start", "redis", user="anna", within=120)
        home.tarsctl("status", user="anna")
    finally:
        home.machine.exec("userdel", "anna")
    query = (
        f"SELECT method, path, status FROM audit WHERE uid = {uid} AND id > {before} ORDER BY id"
    )
    acts = home.machine.exec("python3", "-c", READ_STATE, query).out
    assert acts.splitlines() == ["('POST', '/v1/services', 202)"]


def test_openapi_is_served(home: Home) -> None:
    served = home.machine.sh(
        "curl -fsS --unix-socket /run/tarsd/tarsd.sock http://tarsd/openapi.json"
    ).out
    assert '"openapi"' in served
    assert "/v1/status" in served


def test_socket_is_for_root_and_the_group_only(home: Home) -> None:
    assert (
        home.machine.exec("stat", "-c", "%a %U %G", "/run/tarsd/tarsd.sock").out
        == "660 root tars\n"
    )
