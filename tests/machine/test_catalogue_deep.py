"""Services that answer and do not do their work, damaged for real; what is asked of them leaves nothing behind.

What takes a minute is left out without `--every-fault`.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.machine.home import STATE, Home

CHAT, EMBED = "llama3.1:8b", "nomic-embed-text"
DEEP = ("redis.deep", "postgres.deep", "chroma.deep", "ollama.deep", "rag.canary")
REDIS_CLI = (
    "docker exec tars-redis-1 sh -c"
    " 'REDISCLI_AUTH=$(cat /run/secrets/redis-password) redis-cli {0}'"
)
PSQL = 'docker exec tars-postgres-1 psql -U tars -qAtc "{0}"'
CHROMA = "http://127.0.0.1:8000/api/v2/tenants/default_tenant/databases"
HOLD = """
import sqlite3, time
state = sqlite3.connect("/var/lib/docker/volumes/tars_chromadb/_data/chroma.sqlite3", timeout=10)
state.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(300)
"""


@dataclass
class Deep:
    """A machine with a chat model and an embedding model in memory."""

    home: Home

    def ask(self, *only: str, status: int = 0) -> dict[str, dict[str, Any]]:
        """The findings of these checks, by id."""
        words = [word for name in only for word in ("--only", name)]
        ran = self.home.tarsctl("doctor", "--deep", *words, "--json", status=status, within=120)
        return {it["id"]: it for it in json.loads(ran.out)["findings"]}

    def fails(self, check: str) -> str:
        """What it says of the damage that is there now."""
        found = self.ask(check, status=1)[check]
        assert found["status"] == "fail", found
        assert found["commands"], found
        return str(found["summary"])

    def sh(self, script: str) -> str:
        return self.home.machine.sh(script, within=60).out.strip()

    def use(self) -> None:
        """Somebody asks both models something."""
        for path, name, what in (("generate", CHAT, "prompt"), ("embed", EMBED, "input")):
            body = json.dumps({"model": name, what: "hello", "stream": False})
            self.sh(f"curl -fsS http://127.0.0.1:11434/api/{path} -d '{body}'")

    def double(self, **scenario: float) -> None:
        """Have the model server behave so."""
        body = json.dumps(scenario)
        self.sh(f"curl -fsS http://127.0.0.1:11434/double/scenario -d '{body}'")

    def loads(self) -> int:
        return int(json.loads(self.sh("curl -fsS http://127.0.0.1:11434/double/counts"))["loads"])


@pytest.fixture
def deep(home: Home) -> Deep:
    for name in (CHAT, EMBED):
        home.tarsctl("models", "pull", name)
    made = Deep(home)
    made.use()
    return made


@contextmanager
def damaged(deep: Deep, do: str, undo: str) -> Generator[None]:
    deep.sh(do)
    try:
        yield
    finally:
        deep.sh(undo)


def remains(deep: Deep) -> dict[str, str]:
    """Whatever somebody could count, of each service."""
    return {
        "keys": deep.sh(REDIS_CLI.format("dbsize")),
        "tables": deep.sh(PSQL.format("SELECT count(*) FROM pg_class WHERE relkind = 'r'")),
        "collections": deep.sh(f"curl -fsS {CHROMA}/default_database/collections_count"),
        "models": deep.sh('tarsctl models list --json | grep -o \'"name": *"[^"]*"\''),
    }


def test_a_healthy_machine_passes_and_nothing_is_left(deep: Deep) -> None:
    before, loads = remains(deep), deep.loads()
    for _ in range(2):
        found = deep.ask(*DEEP)
        assert {name: it["status"] for name, it in found.items()} == dict.fromkeys(DEEP, "pass")
        assert any("latency" in it or " in " in it for it in found["redis.deep"]["evidence"])
    assert remains(deep) == before
    assert deep.loads() == loads, "a model was loaded"


@pytest.mark.usefixtures("every_fault")
def test_chroma_does_not_grow(deep: Deep) -> None:
    """Each collection that is deleted would leave its index on disk."""
    deep.ask("chroma.deep", "rag.canary")
    indexes = "ls /var/lib/docker/volumes/tars_chromadb/_data | grep -c -"
    before = deep.sh(indexes)
    for _ in range(5):
        deep.ask("chroma.deep", "rag.canary")
    assert deep.sh(indexes) == before
    names = f'curl -fsS {CHROMA}/tars-home-scratch/collections | grep -o \'"name":"[^"]*"\''
    assert sorted(deep.sh(names).split()) == [
        '"name":"tars-home-scratch-3"',
        '"name":"tars-home-scratch-384"',
    ]


def test_a_redis_that_is_full(deep: Deep) -> None:
    full, empty = (
        REDIS_CLI.format("config set maxmemory 1"),
        REDIS_CLI.format("config set maxmemory 0"),
    )
    with damaged(deep, full, empty):
        assert "full to its own limit" in deep.fails("redis.deep")
    assert deep.ask("redis.deep")["redis.deep"]["status"] == "pass"


def test_a_redis_that_somebody_made_a_replica(deep: Deep) -> None:
    with damaged(
        deep, REDIS_CLI.format("replicaof 127.0.0.1 1"), REDIS_CLI.format("replicaof no one")
    ):
        assert "a replica of another Redis" in deep.fails("redis.deep")


def test_a_postgres_that_was_told_to_be_read_only(deep: Deep) -> None:
    tell = f"{PSQL.format('ALTER SYSTEM {0} default_transaction_read_only{1}')}; " + PSQL.format(
        "SELECT pg_reload_conf()"
    )
    with damaged(deep, tell.format("SET", "=on"), tell.format("RESET", "")):
        assert "told to be read-only" in deep.fails("postgres.deep")
    assert deep.ask("postgres.deep")["postgres.deep"]["status"] == "pass"


@pytest.mark.usefixtures("every_fault")
def test_a_chroma_that_answers_and_takes_nothing(deep: Deep) -> None:
    """Somebody holds its database."""
    deep.home.machine.write("/srv/hold.py", HOLD)
    hold = "systemd-run --quiet --unit=hold --collect python3 /srv/hold.py; sleep 2"
    with damaged(deep, hold, "systemctl stop hold"):
        assert deep.fails("chroma.deep").startswith("cannot store and find a document")
    deep.home.machine.wait(
        "Chroma to work again",
        lambda: deep.ask("chroma.deep")["chroma.deep"]["status"] == "pass",
        30,
    )


@pytest.mark.usefixtures("every_fault")
def test_a_model_that_fails_while_its_server_answers(deep: Deep) -> None:
    deep.double(work_status=500)
    try:
        assert "llama runner process has terminated" in deep.fails("ollama.deep")
        assert deep.ask("rag.canary")["rag.canary"]["status"] == "skip"
    finally:
        deep.double(work_status=0)


def test_a_full_queue_is_no_fault(deep: Deep) -> None:
    deep.double(work_status=503)
    try:
        assert deep.ask("ollama.deep")["ollama.deep"]["status"] == "skip"
    finally:
        deep.double(work_status=0)


def test_a_model_that_hangs(deep: Deep, every_fault: None) -> None:
    deep.double(work_delay=45)
    try:
        assert "does not say one word in 20 s" in deep.fails("ollama.hangs")
        found = deep.ask("ollama.hangs", "ollama.deep", status=1)
        assert found["ollama.deep"]["summary"] == "waits for ollama.hangs", "one fault, told once"
    finally:
        deep.double(work_delay=0)


def test_no_model_is_loaded_to_be_asked(deep: Deep) -> None:
    for name in (CHAT, EMBED):
        body = json.dumps({"model": name, "keep_alive": 0, "stream": False})
        deep.sh(f"curl -fsS http://127.0.0.1:11434/api/generate -d '{body}'")
    loads = deep.loads()
    assert deep.ask("ollama.deep")["ollama.deep"]["status"] == "skip"
    assert deep.loads() == loads


def test_one_that_is_cut_off_in_the_middle_leaves_nothing_for_long(deep: Deep) -> None:
    before = remains(deep)
    deep.sh(
        "tarsctl doctor --deep >/dev/null 2>&1 & sleep 0.15; systemctl kill -s KILL tarsd; sleep 4;"
        " wait"  # for it may go on without the daemon, and ask the models
    )
    deep.home.wait_for_answer()
    deep.home.wait_for("healthy")
    deep.ask("redis.deep", "postgres.deep", "chroma.deep")
    found = {**remains(deep), "keys": before["keys"]}  # Redis deletes its own within a minute
    assert found == before


def test_validate_says_go_and_no_go(deep: Deep) -> None:
    ran = deep.home.tarsctl("validate", "--json", within=120)
    report = json.loads(ran.out)
    assert (report["schema"], report["verdict"]) == (1, "GO"), report
    assert [it["name"] for it in report["suites"]] == ["deployment", "rag", "security"]
    secrets = deep.sh(f"cd {STATE}/secrets; grep -h '' *-password *-key").split()
    assert not [it for it in secrets if it in ran.out]
    full, empty = (
        REDIS_CLI.format("config set maxmemory 1"),
        REDIS_CLI.format("config set maxmemory 0"),
    )
    with damaged(deep, full, empty):
        ran = deep.home.tarsctl("validate", "deployment", status=1, within=120)
        assert "deployment: NO-GO" in ran.out
        assert "full to its own limit" in ran.out
    deep.home.tarsctl("validate", "deployment", within=120)


def test_what_the_databases_took_in_outlives_a_restart(deep: Deep) -> None:
    before, started = remains(deep), deep.home.started()
    ran = deep.home.tarsctl("validate", "deployment", "--restart", "--yes", "--json", within=180)
    suites = {it["name"]: it for it in json.loads(ran.out)["suites"]}
    assert {name: it["verdict"] for name, it in suites.items()} == {
        "deployment": "GO",
        "persistence": "GO",
    }
    asked = {it["subject"]: it["status"] for it in suites["persistence"]["findings"]}
    assert asked == dict.fromkeys(("chromadb", "postgres", "redis"), "pass")
    assert all(at != started[name] for name, at in deep.home.started().items())
    assert remains(deep) == before
    # A database that takes nothing in is told before anything is stopped.
    started = deep.home.started()
    full, empty = (REDIS_CLI.format(f"config set maxmemory {size}") for size in (1, 0))
    with damaged(deep, full, empty):
        told = deep.home.refused("validate", "--restart", "--yes", status=1, within=120)
        assert "redis: it takes nothing in: OOM" in told
    assert deep.home.started() == started


def test_a_redis_that_lets_everybody_in_is_seen(deep: Deep) -> None:
    ran = deep.home.tarsctl("validate", "security", within=120)
    assert "security: GO" in ran.out
    # In its protected mode it lets nobody in without a password but from its own container.
    open_door = REDIS_CLI.format('config set protected-mode no requirepass ""')
    value = f"$(cat {STATE}/secrets/redis-password)"
    shut = f"docker exec tars-redis-1 redis-cli config set protected-mode yes requirepass {value}"
    with damaged(deep, open_door, shut):
        ran = deep.home.tarsctl("validate", "security", status=1, within=120)
        assert "lets in whoever comes without a password" in ran.out
