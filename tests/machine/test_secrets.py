"""Secrets on a running stack: replaced where they are used, with the data where it was."""

import secrets
from collections.abc import Iterator

import pytest

from tests.machine.data import Keepsake
from tests.machine.home import ARCHIVE, STATE, Home
from tests.machine.resource_shapes import Secrets, ShownSecret
from tests.machine.shapes import Change

SQL = 'PGPASSWORD="$1" exec psql -qAt -h postgres -U tars -d tars -c "SELECT 1"'
AUTH = 'REDISCLI_AUTH="$1" exec redis-cli -e -h redis PING'
WAITING = "until test -e /var/lib/tars-home/secrets/{name}.next; do sleep 0.01; done"


@pytest.fixture(scope="module")
def frontend() -> list[Home]:
    """Homes on which the web UI was added, to be taken away again."""
    return []


@pytest.fixture
def full(home: Home, frontend: list[Home]) -> Home:
    """A home with the web UI, which reads both databases' passwords from its environment."""
    if home not in frontend:
        add_frontend(home, "--with-frontend")
        frontend.append(home)
    return home


@pytest.fixture(scope="module", autouse=True)
def taken_away(frontend: list[Home]) -> Iterator[None]:
    yield
    for home in frontend:
        add_frontend(home, "--without-frontend")


def add_frontend(home: Home, flag: str) -> None:
    home.tarsctl("install", "--yes", flag, "--image-archive", ARCHIVE, within=240)
    home.wait_for("healthy")


def value(home: Home, name: str) -> str:
    return home.machine.read(f"{STATE}/secrets/{name}")


def takes(home: Home, service: str, password: str) -> bool:
    """Whether postgres or redis lets somebody in who comes over the network with this password."""
    script = SQL if service == "postgres" else AUTH
    ran = home.machine.exec(
        *("docker", "exec", home.container(service), "sh", "-c", script, "sh", password),
        check=False,
    )
    assert ran.status == 0 or "WRONGPASS" in ran.err or "authentication failed" in ran.err, ran
    return ran.status == 0


def webui_environment(home: Home) -> str:
    show = "{{range .Config.Env}}{{println .}}{{end}}"
    return home.machine.exec("docker", "inspect", "-f", show, home.container("webui")).out


def settled(home: Home, service: str, old: str) -> None:
    """The new value is the only one, everywhere."""
    new = value(home, f"{service}-password")
    assert new != old
    assert takes(home, service, new)
    assert not takes(home, service, old)
    assert f":{new}@{service}" in webui_environment(home)
    assert old not in webui_environment(home)
    left = home.machine.sh(f"cd {STATE}/secrets; ls; stat -c %a previous previous/*").out.split()
    assert f"{service}-password.next" not in left
    assert set(left[left.index("700") :]) == {"700", "600"}


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_replaced_while_the_stack_runs_and_the_data_stays(full: Home, service: str) -> None:
    keepsake = Keepsake.leave(full)
    old, before = value(full, f"{service}-password"), full.started()
    change = full.ask(Change, "secrets", "rotate", f"{service}-password", within=180)
    assert (change.status, (change.result or {})["verdict"]) == ("done", "GO")
    settled(full, service, old)
    keepsake.check(full)
    assert full.status().overall == "healthy"
    after = full.started()
    touched = {name for name, at in after.items() if at != before.get(name)}
    assert touched == {"/tars-webui-1", *["/tars-redis-1"] * (service == "redis")}
    full.tarsctl("install", "--yes", "--image-archive", ARCHIVE, within=180)
    assert full.started() == after, "an install finds nothing left to do"


@pytest.mark.parametrize("service", ["postgres", "redis"])
@pytest.mark.parametrize("delay", ["0", "0.05", "0.3", "2"])
def test_tarsd_killed_in_the_middle(full: Home, service: str, delay: str) -> None:
    keepsake = Keepsake.leave(full)
    name = f"{service}-password"
    old = value(full, name)
    number = full.ask(Change, "secrets", "rotate", name, "--no-wait").id
    full.machine.sh(f"{WAITING.format(name=name)}; sleep {delay}; kill -9 {full.unit('MainPID')}")
    full.wait_for_answer(within=20)
    full.tarsctl("watch", number, within=180)
    settled(full, service, old)
    keepsake.check(full)


def test_reader_that_fails_gets_the_old_value_back(full: Home) -> None:
    old = value(full, "postgres-password")
    keepsake = Keepsake.leave(full)
    number = full.ask(Change, "secrets", "rotate", "postgres-password", "--no-wait").id
    full.machine.sh(WAITING.format(name="postgres-password"))
    full.tarsctl("abort", number, within=180)
    assert value(full, "postgres-password") == old
    assert takes(full, "postgres", old)
    full.wait_for("healthy")
    assert f":{old}@postgres" in webui_environment(full)
    keepsake.check(full)


def test_no_value_reaches_the_journal_the_ledger_or_an_argument(full: Home) -> None:
    full.tarsctl("secrets", "rotate", "redis-password", within=180)
    new = value(full, "redis-password")
    full.machine.sh(f"! grep -qa {new} {STATE}/state.db {STATE}/state.db-wal")
    full.machine.sh(f"! journalctl --no-pager | grep -q {new}")
    log = full.machine.exec("docker", "logs", full.container("postgres"))
    assert value(full, "postgres-password") not in log.out + log.err


def test_admin_password_is_shown_to_root_alone_and_open_webui_is_spoken_of(full: Home) -> None:
    shown = full.tarsctl("secrets", "show", "admin-password").out
    assert shown == value(full, "admin-password") + "\n"
    assert full.ask(ShownSecret, "secrets", "show", "admin-password").value == shown.strip()
    change = full.ask(Change, "secrets", "rotate", "admin-password", within=180)
    assert "Open WebUI keeps the password" in str(change.result)
    assert full.tarsctl("secrets", "show", "admin-password").out != shown


@pytest.mark.parametrize("name", ["encryption-key", "webui-secret-key"])
def test_what_data_depends_on_is_refused(home: Home, name: str) -> None:
    before = value(home, name)
    error = home.error("secrets", "rotate", name, status=1)
    assert error.kind == "secret-sealed"
    assert "could never be read again" in error.message
    assert value(home, name) == before


def test_who_may_not(home: Home) -> None:
    assert len(home.ask(Secrets, "secrets", "list").secrets) == 6
    assert "programs read it" in home.refused("secrets", "show", "jwt-root", status=2)
    user = f"anna{secrets.token_hex(2)}"
    home.machine.exec("useradd", "--system", "--groups", "tars", user)
    try:
        home.tarsctl("secrets", "list", user=user)
        for words in (["show", "admin-password"], ["rotate", "jwt-root"]):
            home.tarsctl("secrets", *words, status=4, user=user)
    finally:
        home.machine.exec("userdel", user)
