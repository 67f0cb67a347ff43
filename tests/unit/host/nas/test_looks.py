"""What jobs see at the share: remembered for a while, one at a time, and a hung one is an answer, too."""

import asyncio
from typing import Any

import pytest

from tarsd.errors import JobFailed
from tarsd.host.mounts import Mount
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.looks import AFTER_FAILURE, AFTER_REFUSAL, EVERY, Look
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.server import FileServer
from tarsd.host.nas.sight import Sight
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import MountEnd
from tarsd.nas_source import Source, parse
from tarsd.paths import Paths
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine

PATH = "/mnt/nas/documents"
SHARE = Mount(PATH, "cifs", "//nas/docs", device="0:53")
SOURCE = parse("//nas/docs")
FINE: dict[str, Any] = {"hung": False, "number": None, "marker": None, "kernel": [], "inside": {}}
STALE: dict[str, Any] = {
    "hung": False,
    "number": 116,
    "marker": None,
    "inside": {},
    "kernel": ["nfs: server nas not responding"],
}


class OnOff(FileServer):
    """A server that is switched off and on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Refusal | None = None

    async def trouble(self, source: Source, *, nfs3: bool) -> Refusal | None:
        return self.found


class Eyes:
    """Sight with jobs and systemd that answer as a test says."""

    def __init__(self, paths: Paths) -> None:
        self.jobs = FakeCompose(FakeEngine(paths.state), {})
        self.server = OnOff()
        self.end: MountEnd | None = None
        self.sight = Sight(
            OwnJobs(self.jobs, paths.program),
            CredentialFiles(paths.secrets),
            server=self.server,
            mount_end=lambda _: self.end,
        )

    def answers(self, job: str, answer: Any) -> None:
        self.jobs.own[job] = answer

    @property
    def asked(self) -> list[str]:
        return [job.name for job in self.jobs.jobs]


@pytest.fixture
def eyes(paths: Paths) -> Eyes:
    return Eyes(paths)


async def test_a_good_look_is_believed_for_a_while(eyes: Eyes) -> None:
    eyes.answers("nas-look", FINE)
    for _ in range(3):
        assert (await eyes.sight.look(SHARE, None)).fine
    assert len(eyes.asked) == 1
    await asyncio.sleep(EVERY)
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 2


async def test_a_bad_look_for_a_shorter_one(eyes: Eyes) -> None:
    eyes.answers("nas-look", STALE)
    look = await eyes.sight.look(SHARE, None)
    assert look == Look(number=116, kernel=("nfs: server nas not responding",))
    await asyncio.sleep(AFTER_FAILURE)
    eyes.answers("nas-look", FINE)
    assert (await eyes.sight.look(SHARE, None)).fine


async def test_a_refused_password_is_not_tried_once_more_by_looking(eyes: Eyes) -> None:
    told = "CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE"
    eyes.answers("nas-look", {**STALE, "number": 112, "kernel": [told]})
    assert (await eyes.sight.look(SHARE, None)).blames == "auth"
    await asyncio.sleep(AFTER_REFUSAL - 1)
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 1
    eyes.sight.doubt()
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 1, "the kernel only repeats what the look has met"
    eyes.answers("nas-look", FINE)
    eyes.sight.works()
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 2
    eyes.sight.doubt()
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 3


async def test_another_mount_another_marker_or_a_word_is_looked_at_anew(eyes: Eyes) -> None:
    eyes.answers("nas-look", FINE)
    await eyes.sight.look(SHARE, None)
    await eyes.sight.look(SHARE, "marker")
    await eyes.sight.look(Mount(PATH, "cifs", "//nas/docs", device="0:54"), "marker")
    eyes.sight.forget()
    await eyes.sight.look(Mount(PATH, "cifs", "//nas/docs", device="0:54"), "marker")
    assert len(eyes.asked) == 4


async def test_a_container_that_was_started_anew_is_looked_at_anew(eyes: Eyes) -> None:
    eyes.answers("nas-look", {**FINE, "inside": {"77": "0:53"}})
    look = await eyes.sight.look(SHARE, None, frozenset({(77, "/nas/documents"), (78, "/x")}))
    assert look.inside == {77: "0:53"}
    eyes.answers("nas-look", {**FINE, "inside": {"91": None}})
    look = await eyes.sight.look(SHARE, None, frozenset({(91, "/nas/documents")}))
    assert look.inside == {91: None}


async def test_many_who_ask_at_once_cost_one_look(eyes: Eyes) -> None:
    eyes.answers("nas-look", FINE)
    found = await asyncio.gather(*(eyes.sight.look(SHARE, None) for _ in range(4)))
    assert all(it.fine for it in found)
    assert len(eyes.asked) == 1


@pytest.mark.parametrize(
    "said",
    ["cannot finish tarsd job nas-look: it ran past its 35 s",
     "cannot start tarsd job nas-look: tars-job-nas-look-1.service could not be stopped and may be running"],
)  # fmt: skip
async def test_a_look_that_does_not_come_back_hangs(eyes: Eyes, said: str) -> None:
    eyes.answers("nas-look", JobFailed(said))
    assert (await eyes.sight.look(SHARE, None)).hung


async def test_a_look_that_cannot_be_had_says_nothing_of_the_share(eyes: Eyes) -> None:
    eyes.answers("nas-look", JobFailed("cannot reach systemd over D-Bus"))
    with pytest.raises(JobFailed):
        await eyes.sight.look(SHARE, None)


async def test_a_nas_that_is_back_is_looked_at_anew(eyes: Eyes) -> None:
    eyes.answers("nas-look", FINE)
    await eyes.sight.look(SHARE, None)
    eyes.server.found = Refusal("port", "cannot reach nas: it is off", "switch it on")
    assert await eyes.sight.trouble(SOURCE) == eyes.server.found
    assert len(eyes.asked) == 1, "while it is down nobody looks"
    eyes.server.found = None
    assert await eyes.sight.trouble(SOURCE) is None
    await eyes.sight.look(SHARE, None)
    assert len(eyes.asked) == 2


async def test_a_share_that_is_gone_after_a_refusal_that_is_over_is_blamed_for_itself(
    eyes: Eyes,
) -> None:
    """Recorded: a password put right, and two minutes later the share renamed on the NAS."""
    kernel = [
        "CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE",
        "CIFS: VFS: \\\\127.0.0.1 Send error in SessSetup = -13",
        "CIFS: VFS: cifs_mount failed w/return code = -13",
        "CIFS: Attempting to mount //127.0.0.1/docs",
        "CIFS: VFS: BAD_NETWORK_NAME: \\\\127.0.0.1\\docs",
        "CIFS: VFS: reconnect tcon failed rc = -2",
    ]
    eyes.answers("nas-look", {**STALE, "number": 2, "kernel": kernel})
    assert (await eyes.sight.look(SHARE, None)).blames == "share"
    assert Look(number=112, kernel=(*kernel, *kernel[:2])).blames == "auth", "and refused again"


async def why(eyes: Eyes) -> Refusal | None:
    return await eyes.sight.refusal(PATH, SOURCE, "auto", "nas-0123abcd.credentials")


async def test_why_systemd_could_not_mount_is_read_once_for_each_try(eyes: Eyes) -> None:
    refused = Refusal("password", "cannot mount //nas/docs: the NAS does not accept it", "setup")
    eyes.answers("nas-refusal", refused.as_json())
    assert await why(eyes) is None, "it has not failed"
    eyes.end = MountEnd("exit-code", "ab12", 41.5)
    for _ in range(3):
        assert await why(eyes) == refused
    assert eyes.asked == ["nas-refusal"]
    eyes.end = MountEnd("exit-code", "cd34", 99.0)
    eyes.answers("nas-refusal", None)
    assert await why(eyes) is None
    assert eyes.asked == ["nas-refusal"] * 2
    eyes.answers("nas-refusal", refused.as_json())
    eyes.end = MountEnd("exit-code", "ee77", 111.0)
    assert await why(eyes) == refused
    eyes.end = MountEnd("timeout", "ef56", 120.0)
    assert await why(eyes) is None, "mount was not refused, it was too slow"
    assert eyes.asked == ["nas-refusal"] * 3


async def test_a_test_that_works_proves_the_share_until_the_next_refusal(eyes: Eyes) -> None:
    refused = Refusal("password", "cannot mount //nas/docs: the NAS does not accept it", "setup")
    eyes.answers("nas-refusal", refused.as_json())
    eyes.sight.works()
    assert not eyes.sight.proved, "nothing was refused"
    eyes.end = MountEnd("exit-code", "ab12", 41.5)
    await why(eyes)
    assert not eyes.sight.proved
    eyes.sight.works()
    assert eyes.sight.proved
    assert await why(eyes) == refused, "it is not mounted yet"
    eyes.end = MountEnd("exit-code", "cd34", 99.0)
    await why(eyes)
    assert not eyes.sight.proved
