"""The secrets directory lets only root in; an env file of the owner's own is not everyone's to read."""

from collections.abc import Sequence

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.secret_rights import EnvFilePerms, SecretPerms
from tarsd.host.own_files import OwnFiles, Rights
from tarsd.host.own_jobs import OwnJobs
from tarsd.paths import Paths
from tests.unit.hands import NotedFiles, hands
from tests.unit.worlds import Surroundings, found

DIRECTORY = Rights("/secrets", True, 0o700, 0, 0)
FILE = Rights("/secrets/redis-password", False, 0o444, 0, 0)


class Disk(OwnFiles):
    """As it would be found."""

    def __init__(self, *rights: Rights) -> None:
        super().__init__()
        self._rights = rights

    async def secrets(self, paths: Paths) -> Sequence[Rights]:
        return self._rights

    async def env_files(self, paths: Paths, jobs: OwnJobs) -> Sequence[Rights]:
        return self._rights


async def ask(
    around: Surroundings, *rights: Rights, check: SecretPerms | EnvFilePerms | None = None
) -> list[Finding]:
    from dataclasses import replace

    world = replace(around.world(), own=Disk(*rights))
    return await found(check or SecretPerms(), world)


async def test_what_only_root_can_enter_passes(around: Surroundings) -> None:
    (finding,) = await ask(around, DIRECTORY, FILE)
    assert finding.status is Status.PASS
    assert await ask(around) == [], "before an install there is nothing to ask about"


@pytest.mark.parametrize(
    ("rights", "summary", "fix", "acts"),
    [
        (
            Rights("/secrets", True, 0o755, 0, 0),
            "/secrets can be entered by others than root (0755)",
            "sudo chmod 0700 /secrets",
            [("mode", "/secrets", 0o700)],
        ),
        (
            Rights("/secrets", True, 0o700, 1000, 1000),
            "/secrets is not root's but 1000:1000's (0700)",
            "sudo chown root:root /secrets",
            [("owner", "/secrets", 0, 0), ("mode", "/secrets", 0o700)],
        ),
        (
            Rights("/secrets/a", False, 0o666, 0, 0),
            "/secrets/a can be changed by others than root (0666)",
            "sudo chmod 0644 /secrets/a",
            [("mode", "/secrets/a", 0o644)],
        ),
        (
            Rights("/secrets/a", False, 0o000, 0, 0),
            "/secrets/a cannot be read by its owner (0000)",
            "sudo chmod 0400 /secrets/a",
            [("mode", "/secrets/a", 0o400)],
        ),
        (
            Rights("/secrets/a", False, 0o777, 33, 0),
            "/secrets/a is not root's but 33:0's (0777)",
            "sudo chown root:root /secrets/a && sudo chmod 0755 /secrets/a",
            [("owner", "/secrets/a", 0, 0), ("mode", "/secrets/a", 0o755)],
        ),
    ],
)
async def test_what_is_wider_is_told_and_narrowed(
    around: Surroundings,
    rights: Rights,
    summary: str,
    fix: str,
    acts: list[tuple[object, ...]],
) -> None:
    (finding,) = await ask(around, rights)
    assert (finding.status, finding.summary, finding.fix) == (Status.FAIL, summary, fix)
    (remedy,) = SecretPerms.remedies
    noted = NotedFiles()
    await remedy.do(hands(files=noted), finding)
    assert noted.acts == acts
    assert f"chmod {rights.mode:04o}" not in remedy.words(finding) or rights.mode == 0o700


async def test_a_link_to_the_owners_other_disk_is_his(around: Surroundings) -> None:
    link = Rights("/secrets", True, 0o777, 1000, 1000, link=True)
    (finding,) = await ask(around, link)
    assert finding.status is Status.PASS


async def test_an_env_file_for_everyone_is_told_and_narrowed_on_a_yes(around: Surroundings) -> None:
    wide = Rights("/etc/tars-home/my.env", False, 0o644, 1000, 1000)
    narrow = Rights("/etc/tars-home/ours.env", False, 0o640, 1000, 1000)
    one, other = await ask(around, wide, narrow, check=EnvFilePerms())
    assert (one.status, one.fix) == (Status.WARN, "sudo chmod 0640 /etc/tars-home/my.env")
    assert other.status is Status.PASS
    noted = NotedFiles()
    await EnvFilePerms.remedies[0].do(hands(files=noted), one)
    assert noted.acts == [("mode", "/etc/tars-home/my.env", 0o640)], "its owner stays"
    assert EnvFilePerms.remedies[0].kind.value == "confirm"
