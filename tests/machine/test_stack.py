"""The stack as its owner lives with it: up, seen, stopped, started, killed, removed and back."""

import pytest

from tests.machine.data import Keepsake
from tests.machine.home import ARCHIVE, Home
from tests.machine.shapes import Change, Settings, Verdict, Version

SERVICES = {"ollama", "chromadb", "postgres", "redis"}


def test_status_says_healthy_in_words_and_in_json(home: Home) -> None:
    status = home.status()
    assert status.overall == "healthy"
    assert status.installed
    assert {service.name for service in status.services} == SERVICES
    assert all(service.health == "healthy" for service in status.services)
    assert all(service.memory_bytes for service in status.services)
    assert status.engine.status == "ok"
    assert not status.problems
    shown = home.tarsctl("status").out
    assert f"{home.machine.name}: healthy" in shown
    assert all(name in shown for name in SERVICES)


def test_install_again_says_go_and_restarts_nothing(home: Home) -> None:
    before = home.started()
    change = home.ask(Change, "install", "--yes", "--image-archive", ARCHIVE, within=180)
    assert change.status == "done"
    assert Verdict.model_validate(change.result).verdict == "GO"
    assert home.started() == before


def test_ports_are_open_on_this_machine_only(home: Home) -> None:
    docker_listens_at = home.machine.sh("ss -Hltnp | awk '/docker-proxy/ { print $4 }'").out.split()
    assert docker_listens_at
    assert all(address.startswith("127.0.0.1:") for address in docker_listens_at)
    shown = {port for service in home.status().services for port in service.ports}
    assert shown == set(docker_listens_at)


def test_containers_have_limits_and_no_fixed_secrets(home: Home) -> None:
    inspected = home.machine.sh(
        "docker ps -aq --filter label=tars.role | xargs docker inspect --format"
        " '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.LogConfig.Type}}"
        " {{.HostConfig.PidsLimit}} {{json .HostConfig.SecurityOpt}} {{json .HostConfig.CapDrop}}'"
    ).out.splitlines()
    assert len(inspected) == len(SERVICES)
    for line in inspected:
        assert line.startswith("unless-stopped local ")
        assert "no-new-privileges" in line
        assert '["ALL"]' in line


def test_killed_container_comes_back_and_status_shows_it(home: Home) -> None:
    before = home.status().service("redis")
    home.machine.exec("kill", "-9", str(home.main_pid("redis")))

    def is_back() -> bool:
        now = home.status().service("redis")
        return now.health == "healthy" and now.restarts == (before.restarts or 0) + 1

    home.machine.wait("redis to be back", is_back, within=30)
    last = home.status().last
    assert last is not None
    assert "redis" in last.text


def test_stopped_service_stays_stopped_until_started(home: Home) -> None:
    home.tarsctl("stop", "redis")
    stopped = home.status()
    assert stopped.service("redis").wanted == "stopped"
    assert stopped.service("redis").state == "exited"
    assert stopped.service("postgres").state == "running"
    home.restart_daemon()
    home.wait_for_answer()
    assert home.status().service("redis").wanted == "stopped"
    home.tarsctl("start", "redis", within=120)
    assert home.status().service("redis").health == "healthy"


def test_stack_stops_and_starts_as_a_whole(home: Home) -> None:
    change = home.ask(Change, "stop", within=180)
    assert change.status == "done"
    assert home.status().overall == "stopped"
    home.ask(Change, "start", within=180)
    assert home.status().overall == "healthy"


def test_restart_touches_what_was_named_only(home: Home) -> None:
    before = home.started()
    home.tarsctl("restart", "redis", within=120)
    changed = {name for name, at in home.started().items() if at != before[name]}
    assert len(changed) == 1
    assert "redis" in changed.pop()
    assert home.status().service("redis").health == "healthy"


def test_restart_without_waiting_is_a_change_to_watch(home: Home) -> None:
    change = home.ask(Change, "restart", "redis", "--no-wait")
    assert change.ended is None
    home.tarsctl("watch", change.id, within=120)
    shown = home.tarsctl("changes").out
    assert change.summary in shown


def test_logs_show_what_the_service_said(home: Home) -> None:
    lines = home.tarsctl("logs", "redis", "--lines", "5").out.splitlines()
    assert 0 < len(lines) <= 5


def test_followed_logs_show_new_lines_as_they_come(home: Home) -> None:
    home.machine.sh("tarsctl logs -f redis >/tmp/followed 2>&1 & echo $! >/tmp/follower")
    try:
        home.tarsctl("restart", "redis", within=120)
        home.machine.wait(
            "the new start in the log",
            lambda: "Ready to accept" in home.machine.read("/tmp/followed"),
        )
    finally:
        home.machine.sh("kill $(cat /tmp/follower) || true; rm -f /tmp/follower /tmp/followed")


def test_version_names_both_ends(home: Home) -> None:
    version = home.ask(Version, "version")
    assert version.client == version.daemon
    assert str(version.pid) == home.unit("MainPID")
    assert version.uptime_seconds is not None
    assert version.uptime_seconds > 0


def test_settings_show_where_each_comes_from(home: Home) -> None:
    with home.settings("[log]\nlevel = 'debug'\n") as path:
        home.tarsctl("config", "reload")
        shown = home.ask(Settings, "config", "show").settings
        assert shown["log.level"].value == "debug"
        assert shown["log.level"].source == f"{path}:2"
        assert shown["ports.redis"].source == "default"
    home.tarsctl("config", "reload")
    assert home.ask(Settings, "config", "show").settings["log.level"].source == "default"


def test_uninstalled_stack_comes_back_with_its_data(home: Home) -> None:
    keepsake = Keepsake.leave(home)
    home.tarsctl("uninstall", "--yes", within=180)
    gone = home.status()
    assert not gone.installed
    assert gone.overall == "stopped"
    assert not home.started()
    home.install_stack()
    home.wait_for("healthy")
    keepsake.check(home)


@pytest.mark.vm
def test_power_cut_leaves_all_running_and_all_data(home: Home) -> None:
    keepsake = Keepsake.leave(home)
    home.machine.cut()
    home.wait_for_answer(within=30)
    home.wait_for("healthy", within=90)
    keepsake.check(home)


def test_reboot_brings_all_back(home: Home) -> None:
    home.machine.reboot()
    home.wait_for_answer(within=30)
    home.wait_for("healthy", within=90)
    assert home.status().generation is not None
