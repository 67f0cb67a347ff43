"""Secrets: there, strong, and what they are meant to be. No value is ever part of an answer."""

import shutil
from dataclasses import replace

import pytest

from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.secrets import (
    EnvDollar,
    SecretMissing,
    SecretPlaceholder,
    SecretWeak,
    is_placeholder,
    weakness,
)
from tarsd.host.secret_files import NAMES, SecretFiles
from tarsd.paths import Paths
from tests.unit.service_views import view
from tests.unit.worlds import Surroundings, found

STRONG = "0123456789abcdef" * 3


@pytest.fixture
def world(around: Surroundings) -> World:
    """An installed machine: each secret has its value."""
    files = SecretFiles(around.paths.secrets)
    for name in NAMES:
        files.make(name)
    return around.world()


async def only(check: Check, world: World) -> Finding:
    (finding,) = await found(check, world)
    return finding


@pytest.mark.parametrize("check", [SecretMissing(), SecretPlaceholder(), SecretWeak(), EnvDollar()])
async def test_a_machine_as_installed_has_one_pass_of_each(check: Check, world: World) -> None:
    assert (await only(check, world)).status is Status.PASS


@pytest.mark.parametrize("check", [SecretMissing(), SecretPlaceholder(), SecretWeak(), EnvDollar()])
async def test_before_the_first_install_there_is_nothing_to_tell(
    check: Check, around: Surroundings
) -> None:
    assert await found(check, around.world()) == []


async def test_all_of_them_gone_from_under_an_installed_stack(world: World, paths: Paths) -> None:
    """What runs still knows them, and all looks well until the next start."""
    shutil.rmtree(paths.secrets)
    finding = await only(SecretMissing(), replace(world, services=(view(),)))
    assert finding.status is Status.FAIL
    assert "none of the stack's secrets" in finding.summary
    assert "sudo tarsctl install --dry-run" in str(finding.fix)


@pytest.mark.parametrize("content", [None, "", "\n"])
async def test_one_that_is_gone_or_empty(world: World, paths: Paths, content: str | None) -> None:
    file = paths.secrets / "redis-password"
    file.unlink()
    if content is not None:
        file.write_text(content)
    finding = await only(SecretMissing(), world)
    assert (finding.status, finding.subject) == (Status.FAIL, "redis-password")
    assert "sudo tarsctl install --dry-run" in str(finding.fix)
    assert (await only(SecretWeak(), world)).status is Status.PASS, "one cause is told once"


@pytest.mark.parametrize(
    "value", ["CHANGE_ME", "change-me-please", "changeme", "<password>", "xxxx"]
)
async def test_a_placeholder(world: World, paths: Paths, value: str) -> None:
    (paths.secrets / "jwt-root").write_text(value)
    finding = await only(SecretPlaceholder(), world)
    assert (finding.status, finding.subject) == (Status.FAIL, "jwt-root")
    assert finding.fix == "sudo tarsctl secrets rotate jwt-root"
    assert value not in str(finding)
    assert (await only(SecretWeak(), world)).status is Status.PASS, "one cause is told once"


@pytest.mark.parametrize(
    ("value", "why"),
    [("short", "has only 5 characters"), ("ab" * 20, "is made of only 2 different characters")],
)
async def test_a_weak_one(world: World, paths: Paths, value: str, why: str) -> None:
    (paths.secrets / "admin-password").write_text(value)
    finding = await only(SecretWeak(), world)
    assert (finding.status, finding.summary) == (Status.WARN, why)
    assert value not in str(finding)


@pytest.mark.parametrize("value", [STRONG, "correct horse battery staple", "x9!Kq2@Lm5#Np8$R"])
def test_what_is_strong_and_no_placeholder(value: str) -> None:
    assert weakness(value) is None
    assert not is_placeholder(value)


OVERRIDES = {
    "one": "services:\n  backend:\n    env_file: backend-own.env\n",
    "list": "services:\n  backend:\n    env_file:\n      - backend-own.env  \n    image: x\n",
    "long": "services:\n  backend:\n    env_file:\n      - path: ./backend-own.env\n        required: false\n",
    "flow": 'services: {backend: {}}\n# env_file: other\n  env_file: ["backend-own.env"]\n',
    "json": '{"services": {"backend": {\n"env_file": ["backend-own.env"]\n}}}',
}


@pytest.mark.parametrize("override", OVERRIDES.values(), ids=OVERRIDES)
async def test_the_owner_s_own_env_file_is_looked_at(
    world: World, paths: Paths, override: str
) -> None:
    paths.override.write_text(override)
    (paths.etc / "backend-own.env").write_text(
        "# DB_PASSWORD=CHANGE_ME\nDB_HOST=example\nexport API_TOKEN = CHANGE_ME_NOW\nOTHER_KEY=pa$word\n"
    )
    finding = await only(SecretPlaceholder(), world)
    assert (finding.status, finding.subject) == (Status.FAIL, "API_TOKEN")
    assert str(paths.etc / "backend-own.env") in finding.summary
    dollar = await only(EnvDollar(), world)
    assert (dollar.status, dollar.subject) == (Status.WARN, "OTHER_KEY")
    assert "write $$ for $" in str(dollar.fix)
    assert "pa$word" not in str(dollar)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("A=pa$word", True),
        ('A="pa$word"', True),
        ("A=${HOME}x", True),
        ("A=a$$$b", True),
        ("A=pa$$word", False),
        ("A='pa$word'", False),
        ("A=plain", False),
        ("# A=pa$word", False),
        ("A=plain # costs 5$", False),
    ],
)
async def test_what_compose_changes(world: World, paths: Paths, line: str, told: bool) -> None:
    (paths.secrets / "webui.env").write_text(f"{line}\n")
    finding = await only(EnvDollar(), world)
    assert (finding.status is Status.WARN) is told


async def test_an_env_file_that_is_not_there_is_compose_s_to_tell(
    world: World, paths: Paths
) -> None:
    paths.override.write_text(OVERRIDES["one"])
    assert (await only(EnvDollar(), world)).status is Status.PASS


async def test_a_secrets_directory_that_cannot_be_read_is_unknown(
    world: World, paths: Paths
) -> None:
    (paths.secrets / "jwt-root").unlink()
    (paths.secrets / "jwt-root").mkdir()
    assert (await only(SecretWeak(), world)).status is Status.UNKNOWN
