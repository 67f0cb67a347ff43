"""The machine is looked at before it is touched: what is in the way is named, and stays as it is."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from pydantic import TypeAdapter

from tests.machine.home import ARCHIVE, Home, MakeHome
from tests.machine.shapes import ErrorBody, Finding, Plan

INSTALL = ("install", "--yes", "--image-archive", ARCHIVE)
DRY_RUN = ("install", "--dry-run", "--image-archive", ARCHIVE)
NO_GO = "MESSAGE_ID=2be83fdb88f658f8af776edd0f039d34"
PORT = 18_010

SNAPSHOT = r"""
{ find /etc/tars-home /var/lib/tars-home -not -name 'state.db*' -printf '%p %m %u %g %s %T@\n'
  find /etc/tars-home /var/lib/tars-home -type f -not -name 'state.db*' -exec sha256sum {} +
  docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Image}} {{.State}}'
  docker inspect $(docker ps -aq) --format '{{.Id}} {{.State.StartedAt}}' 2>/dev/null || true
  docker images --no-trunc --digests; docker volume ls; docker network ls --no-trunc
} | sort
"""


def snapshot(home: Home) -> str:
    """Every file and its time, every container, image, volume and network; not the audit log."""
    return home.machine.sh(SNAPSHOT).out


def failures(error: ErrorBody) -> list[Finding]:
    return TypeAdapter(list[Finding]).validate_python(error.details["failures"])


@contextmanager
def extra_port(home: Home, port: int = PORT) -> Generator[None]:
    """A port that the owner wants free as well."""
    with home.settings(f"[ports]\nextra = [{port}]\n"):
        yield


def taken(home: Home) -> Finding:
    """The one port that refuses an install."""
    (finding,) = failures(home.error(*INSTALL, status=1, within=120))
    assert (finding.id, finding.subject) == ("port.taken", f"port {PORT}")
    return finding


def test_a_dry_run_leaves_everything_as_it_was(home: Home) -> None:
    before = snapshot(home)
    plan = home.ask(Plan, *DRY_RUN, "--with-frontend", "--model", "llama3.1:8b")
    assert plan.verdict == "GO", plan
    changed = {it.key: it.to for it in plan.settings}
    assert changed == {"stack.frontend": True, "models.keep": ["llama3.1:8b"]}
    assert {it.name: it.what for it in plan.services or []} == {
        "chromadb": "keep",
        "ollama": "keep",
        "postgres": "keep",
        "redis": "keep",
        "webui": "create",
    }
    shown = home.tarsctl(*DRY_RUN, "--with-frontend").out
    assert shown.endswith("nothing was changed\n")
    assert snapshot(home) == before


def test_a_dry_run_sees_what_a_setting_would_replace(home: Home) -> None:
    with home.settings("[ollama]\ncontext_length = 4096\n"):
        plan = home.ask(Plan, *DRY_RUN)
    services = {it.name: (it.what, it.why) for it in plan.services or []}
    assert services["ollama"] == ("recreate", "environment")
    assert services["redis"] == ("keep", None)


def test_a_port_held_by_a_program_is_named_with_it(home: Home) -> None:
    script = f"nohup python3 -m http.server {PORT} --bind 127.0.0.1 >/dev/null 2>&1 & echo $!"
    pid = home.machine.sh(script).out.strip()
    try:
        with extra_port(home):
            finding = taken(home)
    finally:
        home.machine.exec("kill", pid)
    assert f"(pid {pid})" in finding.summary
    assert "python3" in finding.summary
    assert str(finding.fix).startswith(f"sudo kill {pid}, or take {PORT} out of ports.extra")


def test_a_port_held_by_a_unit_is_named_with_it(home: Home) -> None:
    serve = ("python3", "-m", "http.server", str(PORT))
    home.machine.exec("systemd-run", "--unit=squatter", "--collect", *serve)
    try:
        with extra_port(home):
            home.machine.wait("it to listen", lambda: f":{PORT} " in home.machine.sh("ss -ltn").out)
            finding = taken(home)
    finally:
        home.machine.exec("systemctl", "stop", "squatter")
    assert "squatter.service" in finding.summary
    assert str(finding.fix).startswith("sudo systemctl stop squatter.service, or ")


def test_a_port_that_systemd_holds_for_a_socket_unit_is_not_freed_by_killing_it(home: Home) -> None:
    listen = f"--socket-property=ListenStream=127.0.0.1:{PORT}"
    home.machine.exec("systemd-run", "--unit=squatter", "--collect", listen, "cat")
    try:
        with extra_port(home):
            finding = taken(home)
        found = home.machine.sh(f"systemctl list-sockets | grep ':{PORT} '").out
    finally:
        home.machine.exec("systemctl", "stop", "squatter.socket")
    assert finding.summary == "held by systemd (pid 1)"
    assert f"systemctl list-sockets | grep ':{PORT} '" in str(finding.fix)
    assert "squatter.socket" in found


@pytest.mark.parametrize("network", ["bridge", "host"])
def test_a_port_held_by_somebody_elses_container_is_named_with_it(home: Home, network: str) -> None:
    run = f"docker run -d --rm --name squatter --network {network}"
    publish = f"-p {PORT}:{PORT}" if network == "bridge" else ""
    home.machine.sh(f"{run} {publish} redis:8.10.1 redis-server --port {PORT}")
    try:
        with extra_port(home):
            home.machine.wait("it to listen", lambda: f":{PORT} " in home.machine.sh("ss -ltn").out)
            finding = taken(home)
    finally:
        home.machine.exec("docker", "rm", "-f", "squatter")
    assert finding.summary == "held by container squatter"
    assert str(finding.fix).startswith("docker stop squatter, or ")


def test_no_go_is_told_with_what_runs_on_and_is_in_the_journal(home: Home) -> None:
    before, told = home.started(), len(home.journal(NO_GO))
    with home.settings("[ports]\nextra = [22022]\n"):
        home.machine.exec("systemd-run", "--unit=squatter", "--collect", *SERVE_22022)
        try:
            home.machine.wait("it to listen", lambda: ":22022 " in home.machine.sh("ss -ltn").out)
            ran = home.tarsctl(*INSTALL, status=1, within=120)
        finally:
            home.machine.exec("systemctl", "stop", "squatter")
    assert "NO-GO" in ran.out
    assert "4 services run on as before" in ran.out
    assert home.started() == before
    entries = home.journal(NO_GO)
    assert len(entries) == told + 1
    assert "port.taken" in entries[-1]["TARS_FINDINGS"]
    assert entries[-1]["PRIORITY"] == "4"


SERVE_22022 = ("python3", "-m", "http.server", "22022")

LEGACY = """
for name in ollama_data chroma_data postgres_data redis_data; do
  docker volume create --label com.docker.compose.project=deploy --label com.docker.compose.volume=$name deploy_$name
done
docker run -d --name tars-home-redis --label com.docker.compose.project=deploy -v deploy_redis_data:/data \\
  --label com.docker.compose.project.working_dir=/home/owner/tars/deploy redis:8.10.1
docker create --name tars-home-chromadb --label com.docker.compose.project=deploy -v deploy_chroma_data:/data redis:8.10.1
"""

GONE = """
docker rm -f tars-home-redis tars-home-chromadb
docker volume ls -q | grep ^deploy_ | xargs docker volume rm
"""


def test_a_stack_of_version_1_is_refused_and_not_touched(home: Home) -> None:
    home.machine.sh(LEGACY)
    try:
        before = snapshot(home)
        (finding,) = failures(home.error(*INSTALL, status=1, within=120))
        assert snapshot(home) == before
        home.machine.exec("docker", "rm", "-f", "tars-home-redis", "tars-home-chromadb")
        plan = home.ask(Plan, *DRY_RUN)
    finally:
        home.machine.sh(GONE)
    assert finding.id == "legacy.deployment"
    assert "containers tars-home-chromadb, tars-home-redis" in finding.summary
    assert "/home/owner/tars/deploy/tars-home.env" in finding.summary
    assert "do not remove its containers" in str(finding.fix)
    assert plan.verdict == "GO"
    (kept,) = [it for it in plan.warnings if it.id == "legacy.deployment"]
    assert "deploy_postgres_data" in kept.summary


def test_debian_12_without_compose_is_told_what_to_install(make_home: MakeHome) -> None:
    home = make_home("bookworm")
    home.install_package()
    before = snapshot(home)
    plan = home.ask(Plan, "install", "--dry-run", status=1)
    (finding,) = plan.failures
    assert finding.id == "docker.compose"
    assert "docker-compose-plugin" in str(finding.fix)
    assert plan.services is None
    assert home.error("install", "--yes", status=1).kind == "preflight-failed"
    assert snapshot(home) == before
