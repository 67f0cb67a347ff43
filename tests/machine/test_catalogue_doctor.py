"""The doctor on real machines: silent where all is well, at work where tarsd, Docker or the stack are not there, and what it
mends it takes back byte for byte. All damages but a handful are left out without `--every-fault`.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.machine.faults.damages import DAEMON_JSON, DAMAGES, ETC, SECRETS, Damage
from tests.machine.home import Home

OF_THE_MACHINE = ("clock.unsynced", "docker.live-restore-off", "host.*", "memory.*", "disk.*")
"""What is so of these machines themselves: nothing keeps a container's clock, its memory is the host's."""

SKIP = [word for name in OF_THE_MACHINE for word in ("--skip", name)]

PLACES = f"{SECRETS} {ETC} /etc/docker /home/ann /etc/systemd/system"
"""All that a fix may touch."""


def examine(home: Home, *words: str, status: int = 0) -> dict[str, Any]:
    ran = home.tarsctl("doctor", "--json", *words, status=status, within=120)
    return json.loads(ran.out)


def ill(found: dict[str, Any]) -> set[str]:
    return {it["id"] for it in found["findings"] if it["status"] in ("fail", "warn", "unknown")}


def failing(found: dict[str, Any]) -> set[str]:
    return {it["id"] for it in found["findings"] if it["status"] == "fail"}


def picture(home: Home) -> Sequence[str]:
    """Everything there: kind, mode, owner, what a link leads to, and the content."""
    shown = home.machine.sh(
        f"set +o pipefail; find {PLACES} -printf '%p %y %m %U:%G %l\\n' 2>/dev/null | sort;"
        f" find {PLACES} -type f -exec sha256sum {{}} + 2>/dev/null | sort"
    ).out.splitlines()
    assert any(line.endswith(f"  {SECRETS}/jwt-root") for line in shown), "contents, too"
    return shown


@pytest.fixture
def unhealed(home: Home) -> Iterator[Home]:
    """A machine that is well, whose healer leaves everything to the doctor; and as it was, afterwards."""
    home.machine.sh(
        f"rm -rf /root/before && mkdir /root/before && cp -a {SECRETS} /root/before/secrets;"
        f" cp -a {DAEMON_JSON} /root/before/daemon.json 2>/dev/null || true"
    )
    with home.settings('[heal]\nmode = "off"\n'):
        home.tarsctl("config", "reload")
        yield home
    home.machine.sh(
        f"rm -rf {SECRETS} {ETC}/my.env {ETC}/compose.override.yaml /home/ann {DAEMON_JSON};"
        f" cp -a /root/before/secrets {SECRETS};"
        f" cp -a /root/before/daemon.json {DAEMON_JSON} 2>/dev/null || true;"
        " systemctl enable -q docker.service tarsd.service; systemctl reload docker; systemctl start tarsd"
    )
    home.wait_for_answer()
    home.tarsctl("config", "reload")
    home.wait_for("healthy", within=180)


def test_a_healthy_machine_is_silent(home: Home) -> None:
    home.restart_daemon()  # other tests kill it, and a restart by hand is what forgets that
    home.machine.wait("each service to be asked once", lambda: not unknown(home))
    found = examine(home, *SKIP)
    assert ill(found) == set(), [it for it in found["findings"] if it["status"] != "pass"]
    quiet = home.tarsctl("doctor", "--quiet", "--strict", *SKIP)
    assert (quiet.out, quiet.err) == ("", "")
    assert home.tarsctl("doctor", *SKIP).out.count("\n") == 1


def test_before_an_install_it_says_what_an_install_would(without_stack: Home) -> None:
    found = examine(without_stack, *SKIP, "--skip", "network.*")
    assert ill(found) == set(), found
    without_stack.machine.exec("systemctl", "stop", "tarsd")
    try:
        found = examine(without_stack, *SKIP, "--skip", "network.*", status=1)
        assert ill(found) == {"tarsd.down"}
    finally:
        without_stack.machine.exec("systemctl", "start", "tarsd")
        without_stack.wait_for_answer()


def test_with_a_dead_tarsd_it_looks_mends_and_starts_it(unhealed: Home) -> None:
    home = unhealed
    home.machine.exec("systemctl", "stop", "tarsd")
    home.machine.exec("chmod", "0755", SECRETS)
    found = examine(home, *SKIP, status=1)
    assert failing(found) == {"tarsd.down", "secret.perms"}
    services = [it for it in found["findings"] if it["id"] == "service.hung"]
    assert services
    assert {it["status"] for it in services} == {"pass"}, "each was asked once"
    assert home.tarsctl("doctor", user="nobody", status=4).out == ""
    fixed = examine(home, *SKIP, "--fix", "--yes")
    assert {it["end"] for it in fixed["fix"]["acts"]} <= {"fixed"}, fixed["fix"]
    home.wait_for_answer()
    assert home.machine.sh(f"stat -c %a {SECRETS}").out == "700\n"
    home.tarsctl("doctor", "undo", fixed["fix"]["run"])
    assert home.machine.sh(f"stat -c %a {SECRETS}").out == "755\n"


def test_with_a_dead_docker_what_needs_it_waits(home: Home) -> None:
    home.machine.exec("systemctl", "stop", "docker.socket", "docker.service")
    try:
        home.machine.wait(
            "the doctor to see it", lambda: "docker.down" in ill(examine_any(home)), within=30
        )
        found = examine_any(home)
        waiting = {it["id"] for it in found["findings"] if it["status"] == "skip"}
        assert {"service.hung", "disk.low", "compose.invalid"} & waiting
        assert ill(found) & {"service.hung", "service.missing"} == set()
        home.machine.exec("systemctl", "stop", "tarsd")
        assert {"docker.down", "tarsd.down"} <= ill(examine_any(home))
    finally:
        home.machine.exec("systemctl", "start", "docker.socket", "docker.service", "tarsd")
        home.wait_for("healthy", within=180)


def examine_any(home: Home, *words: str) -> dict[str, Any]:
    ran = home.machine.exec("tarsctl", "doctor", "--json", *words, check=False, within=120)
    assert ran.status in (0, 1), ran
    return json.loads(ran.out)


def unknown(home: Home) -> set[str]:
    found = examine_any(home)
    return {it["id"] for it in found["findings"] if it["status"] == "unknown"}


def test_a_hung_tarsd_is_seen_and_no_fix_is_put_beside_it(unhealed: Home) -> None:
    pid = unhealed.unit("MainPID")
    unhealed.machine.exec("chmod", "0755", SECRETS)
    unhealed.machine.exec("kill", "-STOP", pid)
    try:
        assert "tarsd.down" in ill(examine(unhealed, "--only", "tarsd.down", status=1))
        line = unhealed.refused("doctor", "--fix", "--only", "secret.perms", status=5)
        assert "is looking after the stack already" in line
        assert unhealed.machine.sh(f"stat -c %a {SECRETS}").out == "755\n"
    finally:
        unhealed.machine.exec("kill", "-CONT", pid)


def test_what_was_changed_since_is_undone_on_its_owners_word_only(unhealed: Home) -> None:
    unhealed.machine.exec("chmod", "0755", SECRETS)
    run = examine(unhealed, "--only", "secret.perms", "--fix")["fix"]["run"]
    unhealed.machine.exec("chmod", "0711", SECRETS)
    line = unhealed.refused("doctor", "undo", run, status=1)
    assert (
        f"has been changed since; nothing was undone; try: sudo tarsctl doctor undo {run} --yes"
        in line
    )
    assert unhealed.machine.sh(f"stat -c %a {SECRETS}").out == "711\n"
    unhealed.tarsctl("doctor", "undo", run, "--yes")
    assert unhealed.machine.sh(f"stat -c %a {SECRETS}").out == "755\n"
    assert "cannot find run 9999" in unhealed.refused("doctor", "undo", "9999", status=2)


@pytest.fixture(params=DAMAGES, ids=lambda it: it.name)
def damage(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Damage:
    found: Damage = request.param
    if not (found.quick or pytestconfig.getoption("--every-fault")):
        pytest.skip("takes its time: --every-fault")
    return found


def test_a_damage_is_seen_mended_and_taken_back(damage: Damage, unhealed: Home) -> None:
    home = unhealed
    home.machine.sh(damage.done)
    before = picture(home)
    only = [word for name in damage.ids for word in ("--only", name)]
    assert ill(examine_any(home, *only)) == set(damage.ids)
    home.machine.exec("tarsctl", "doctor", *only, "--fix", "--dry-run", "--yes", check=False)
    assert picture(home) == before, "a dry run touches nothing"
    fixed = examine(home, *only, "--fix", "--yes")
    assert {it["end"] for it in fixed["fix"]["acts"]} == {"fixed"}, fixed["fix"]
    assert ill(fixed) == set()
    assert picture(home) != before
    home.tarsctl("doctor", "undo", fixed["fix"]["run"])
    assert picture(home) == before
