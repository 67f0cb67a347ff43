"""The whole daemon and the whole stack on a real Engine, from the archive to nothing left."""

import json
import socket
import time

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.timeout(240)

SERVICES = {"chromadb", "ollama", "postgres", "redis", "webui"}


@pytest.fixture
def home(running: Home) -> Home:
    """The same with the stack installed and healthy, whatever the test before left."""
    if not running.is_up():
        running.start()
    if running.get("/v1/status")["overall"] != "healthy":
        install(running)
    return running


def install(home: Home) -> dict[str, object]:
    change = home.change("/v1/install", pull=False, with_frontend=True, skip_nas=True)
    assert change["result"]["verdict"] == "GO"
    return change["result"]


def wait_until_healthy(home: Home) -> None:
    """A new daemon does not know what answered the one before, and takes Docker's word, which may take 15 s to come."""
    end = time.monotonic() + 30
    while (status := home.get("/v1/status"))["overall"] != "healthy":
        assert time.monotonic() < end, status
        assert all(row["health"] in ("healthy", "starting") for row in status["services"]), status
        time.sleep(0.5)


def test_an_installed_stack_is_healthy_and_on_its_own_ports(home: Home) -> None:
    status = home.get("/v1/status")
    assert (status["overall"], status["installed"]) == ("healthy", True), status
    assert status["problems"] == []
    services = {row["name"]: row for row in status["services"]}
    assert set(services) == SERVICES == set(home.containers())
    for name, row in services.items():
        assert (row["state"], row["health"], row["wanted"]) == ("running", "healthy", "running")
        assert row["ports"] == [f"127.0.0.1:{home.ports[name]}"]
        with socket.create_connection(("127.0.0.1", home.ports[name]), 5):
            pass


def test_a_second_install_changes_nothing(home: Home) -> None:
    before = home.get("/v1/status")["generation"], home.containers(), home.volumes()
    install(home)
    assert (home.get("/v1/status")["generation"], home.containers(), home.volumes()) == before


def test_a_changed_setting_makes_a_generation_and_recreates_only_what_it_concerns(
    home: Home,
) -> None:
    before, generation = home.containers(), home.get("/v1/status")["generation"]
    own = home.paths.conf_d / "90-own.toml"
    own.write_text("[ollama]\ncontext_length = 4096\n")
    install(home)
    after = home.containers()
    assert home.get("/v1/status")["generation"] == generation + 1
    assert {name for name in SERVICES if before[name] != after[name]} == {"ollama"}


def test_a_stopped_service_stays_stopped_until_it_is_started(home: Home) -> None:
    before = home.containers()
    home.change("/v1/services", action="stop", services=["redis"])
    redis = next(row for row in home.get("/v1/status")["services"] if row["name"] == "redis")
    assert (redis["state"], redis["wanted"]) == ("exited", "stopped")
    change = home.change("/v1/services", action="start", services=["redis"])
    assert change["result"]["verdict"] == "GO"
    assert home.containers() == before
    redis = next(row for row in home.get("/v1/status")["services"] if row["name"] == "redis")
    assert (redis["state"], redis["health"]) == ("running", "healthy")


def test_logs_are_what_the_service_wrote(home: Home) -> None:
    assert "database system is ready to accept connections" in home.text(
        "/v1/services/postgres/logs?lines=1000"
    )
    assert len(home.text("/v1/services/redis/logs?lines=3").splitlines()) == 3


def test_the_daemon_comes_and_goes_without_touching_the_stack(home: Home) -> None:
    before = home.containers()
    assert home.stop() == 0, home.said("it did not end well")
    home.start()
    home.kill()
    home.start()
    wait_until_healthy(home)
    assert home.containers() == before


def test_a_change_that_was_cut_off_is_brought_to_its_end_by_the_next_daemon(home: Home) -> None:
    """As after a power cut; a container that Compose had half recreated is no second one."""
    generation, volumes = home.get("/v1/status")["generation"], home.volumes()
    (home.paths.conf_d / "91-own.toml").write_text("[ollama]\ncontext_length = 2048\n")
    number = home.begin("/v1/install", pull=False)
    while home.get("/v1/status")["generation"] == generation:
        assert home.get(f"/v1/changes/{number}")["status"] == "doing"
    home.kill()
    home.start()
    assert home.finish(number)["status"] == "done"
    wait_until_healthy(
        home
    )  # what the daemon that was killed had seen answer is Docker's to say now
    assert home.get("/v1/status")["generation"] == generation + 1
    assert set(home.containers()) == SERVICES
    assert home.volumes() == volumes


def test_a_service_that_keeps_dying_ends_the_install_early_and_all_comes_back(home: Home) -> None:
    before, generation = home.containers(), home.get("/v1/status")["generation"]
    whole = home.paths.override.read_text()
    override = json.loads(whole)
    override["services"]["redis"]["command"] = ["sh", "-c", "sleep 0.2; exit 3"]
    home.paths.override.write_text(json.dumps(override))
    began = time.monotonic()
    change = home.finish(home.begin("/v1/install", pull=False))
    home.paths.override.write_text(whole)
    assert time.monotonic() - began < 60
    assert change["status"] == "undone"
    assert "redis healthy: it ended " in change["error"]["message"]
    assert "last with exit status 3" in change["error"]["message"]
    (failure,) = change["result"]["failures"]
    assert (failure["id"], failure["subject"]) == ("service.crash-loop", "redis")
    assert home.get("/v1/status")["generation"] == generation
    assert before.keys() == home.containers().keys()


def test_an_uninstall_keeps_the_data_and_a_purge_removes_it(home: Home) -> None:
    volumes = home.volumes()
    assert {name.removeprefix(f"{home.project}_") for name in volumes} == SERVICES
    kept = home.change("/v1/uninstall")["result"]["kept"]
    assert set(kept) == home.volumes() == volumes
    assert home.containers() == {}
    assert home.networks() == set()
    assert not home.get("/v1/status")["installed"]
    machine = socket.gethostname()
    removed = home.change("/v1/uninstall", purge_data=True, machine=machine)["result"]["removed"]
    assert set(removed) == volumes
    assert home.volumes() == set()
    assert not home.paths.secrets.exists()
