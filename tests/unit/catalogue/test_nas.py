"""The NAS as checks see it: down, refused, absent, something else, stale, without its marker, unseen by a container."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tarsd.catalogue import nas
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.engine.runner import run
from tarsd.host.mounts import Mount
from tarsd.host.nas.looks import Look
from tarsd.host.nas.refusal import Refusal
from tests.unit.fake_sight import FakeSight
from tests.unit.service_views import view, world

PATH = "/mnt/nas/documents"
SETUP = {"path": PATH, "source": "//nas/docs", "credentials": "nas-0123abcd.credentials"}
OWN = {"path": PATH}
CIFS = Mount(PATH, "cifs", "//nas/docs", device="0:53")
NFS = Mount(PATH, "nfs4", "nas:/srv/docs", device="0:53")
OFF = Refusal("port", "cannot reach nas: port 445 does not answer", "switch the NAS on")
LOGON = ("CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE",)
READS = {"service_binds": {"/mnt/nas": "/nas"}}
ESTALE, EHOSTDOWN, EACCES, ENOENT = 116, 112, 13, 2


def at(sight: FakeSight, mount: Mount | None = CIFS, /, *views: Any, **settings: Any) -> World:
    """A machine on which this is mounted; without settings those of a setup."""
    made = world(*views, mount=lambda _: mount, nas={**(settings or SETUP)})
    return replace(made, nas=sight)


async def told(seen: World, *checks: Check) -> dict[str, str]:
    """What each check says: its status, and what it waits for."""
    found = await run(checks or nas.CHECKS, seen)
    return {it.id: it.summary if it.status is Status.SKIP else it.status.value for it in found}


async def finding(seen: World, name: str) -> Finding:
    """The one finding of a check, asked with all the others."""
    (found,) = [it for it in await run(nas.CHECKS, seen) if it.id == name]
    return found


async def test_a_nas_that_is_well_passes_everything() -> None:
    sight = FakeSight(seen=Look(marker=True), containers={77: CIFS.device})
    reader = view("webui", **READS, container_pid=77)
    seen = at(sight, CIFS, reader, **SETUP, marker="tars-marker.txt")
    assert await told(seen) == dict.fromkeys([it.id for it in nas.CHECKS], "pass")


async def test_without_a_nas_nobody_is_asked() -> None:
    sight = FakeSight()
    for settings in ({"enabled": True}, {**SETUP, "enabled": False}):
        assert await told(at(sight, None, view("webui", **READS), **settings)) == {}
    assert sight.asked == []


async def test_a_nas_that_is_down_is_one_fault_and_its_mount_is_not_touched() -> None:
    for mount in (CIFS, None):
        sight = FakeSight(down=OFF)
        found = await told(at(sight, mount, view("webui", **READS), **SETUP, marker="m"))
        assert found.pop("nas.down") == "fail"
        assert set(found.values()) <= {
            f"waits for {it}" for it in ("nas.down", "nas.absent", "nas.unexpected", "nas.stale")
        }
        assert sight.asked == ["server nas"]
    (check,) = [it for it in nas.CHECKS if it.id == "nas.down"]
    assert check.remedies == (), "nothing but waiting helps"
    down = await finding(at(FakeSight(down=OFF)), "nas.down")
    assert down.summary.endswith("it is waited for")


@pytest.mark.parametrize(
    ("mount", "settings", "asked"),
    [
        (NFS, {"path": PATH, "source": "nas:/srv/docs"}, "server nas"),
        (NFS, {"path": PATH, "source": "nas:/srv/docs", "version": "3"}, "server nas 3"),
        (replace(NFS, type="nfs", options=("vers=3",)), OWN, "server nas 3"),
        (CIFS, OWN, "server nas"),
    ],
)
async def test_the_server_is_asked_in_its_own_protocol(
    mount: Mount, settings: dict[str, str], asked: str
) -> None:
    sight = FakeSight()
    await told(at(sight, mount, **settings), nas.NasDown())
    assert sight.asked == [asked]


async def test_what_is_not_mounted_is_absent_and_mounted_by_us_alone_if_we_set_it_up() -> None:
    ours, own = at(FakeSight(), None), at(FakeSight(), None, **OWN)
    found = await told(ours)
    assert (found["nas.absent"], found["nas.auth"]) == ("fail", "pass")
    assert found["nas.stale"] == "waits for nas.absent"
    absent = await finding(ours, "nas.absent")
    (remedy,) = nas.NasAbsent.remedies
    assert remedy.fits(ours, absent)
    assert remedy.guard(ours, absent) is None
    assert not remedy.disturbs
    assert (await told(own))["nas.absent"] == "fail"
    assert not remedy.fits(own, absent)


def barred(sight: FakeSight, fault: str) -> str | None:
    """Why what was refused is not mounted."""
    (check,) = [it for it in nas.CHECKS if it.id == fault]
    (remedy,) = check.remedies
    assert remedy.id == "nas.mount"
    return remedy.guard(at(sight, None), Finding(fault, "nas", Status.FAIL, "refused"))


@pytest.mark.parametrize(("reason", "fault"), [("password", "nas.auth"), ("share", "nas.share")])
async def test_once_a_test_has_worked_it_is_mounted_as_the_end_of_the_same_fault(
    reason: Any, fault: str
) -> None:
    """One outage is one incident: that nothing is mounted is not told beside it."""
    sight = FakeSight(refused=Refusal(reason, "cannot mount //nas/docs", "the fix"), tested=True)
    found = await told(at(sight, None))
    assert (found[fault], found["nas.absent"]) == ("fail", f"waits for {fault}")
    assert barred(sight, fault) is None
    seen = await finding(at(sight, None), fault)
    assert "a test has worked since" in seen.summary
    assert seen.fix == "sudo systemctl start 'mnt-nas-documents.mount'"


@pytest.mark.parametrize(
    ("reason", "fault"),
    [("password", "nas.auth"), ("account", "nas.auth"), ("access", "nas.auth"),
     ("share", "nas.share"), ("directory", "nas.share"), ("export", "nas.share"),
     ("slow", "nas.absent"), ("unknown", "nas.absent")],
)  # fmt: skip
async def test_why_systemd_could_not_mount_is_the_fault(reason: Any, fault: str) -> None:
    """And the one that is mended by mounting waits for it: a refused password is not tried once more."""
    refused = Refusal(reason, "cannot mount //nas/docs: the reason", "the fix")
    found = await told(at(FakeSight(refused=refused), None))
    assert found[fault] == "fail"
    assert [it for it in found.values() if it == "fail"] == ["fail"]
    if fault != "nas.absent":
        assert found["nas.absent"] == f"waits for {fault}"
        told_of = await finding(at(FakeSight(refused=refused), None), fault)
        assert (told_of.summary, told_of.fix) == (refused.message, refused.fix)
        assert "before `tarsctl nas test` has worked" in str(
            barred(FakeSight(refused=refused), fault)
        )


@pytest.mark.parametrize(
    ("look", "fault"),
    [
        (Look(hung=True), "nas.stale"),
        (Look(number=ESTALE), "nas.stale"),
        (Look(number=EHOSTDOWN), "nas.stale"),
        (Look(number=EACCES), "nas.auth"),
        (Look(number=EHOSTDOWN, kernel=LOGON), "nas.auth"),
        (Look(hung=True, kernel=LOGON), "nas.auth"),
        (Look(number=ENOENT), "nas.share"),
        (
            Look(
                number=EHOSTDOWN,
                kernel=("Status code returned 0xc00000cc STATUS_BAD_NETWORK_NAME",),
            ),
            "nas.share",
        ),
    ],
)
async def test_a_look_that_fails_is_one_fault(look: Look, fault: str) -> None:
    found = await told(at(FakeSight(seen=look)))
    assert [name for name, status in found.items() if status == "fail"] == [fault]
    failing = await finding(at(FakeSight(seen=look)), fault)
    assert failing.fix
    assert failing.evidence == look.kernel


async def test_a_stale_mount_is_mounted_anew_but_never_the_owners_own() -> None:
    look = Look(number=ESTALE)
    ours, own = at(FakeSight(seen=look)), at(FakeSight(seen=look), CIFS, **OWN)
    stale = await finding(ours, "nas.stale")
    assert "Stale file handle" in stale.summary
    assert "systemctl start 'mnt-nas-documents.mount'" in str(stale.fix)
    (remedy,) = nas.NasStale.remedies
    assert remedy.fits(ours, stale)
    theirs = await finding(own, "nas.stale")
    assert theirs.fix == f"sudo umount --lazy {PATH}; sudo mount {PATH}"
    assert not remedy.fits(own, theirs)


def at_work(subject: str) -> str:
    return f"change 3 at work on {subject}"


async def test_a_change_of_the_nas_is_left_alone() -> None:
    seen = replace(at(FakeSight(), None), at_work=at_work)
    found = await told(seen)
    assert set(found.values()) <= {"change 3 at work on nas", *(f"waits for {it}" for it in found)}
    absent = Finding("nas.absent", "nas", Status.FAIL, "gone")
    for remedy in (*nas.NasAbsent.remedies, *nas.NasStale.remedies):
        assert remedy.guard(seen, absent) == "change 3 at work on nas"


@pytest.mark.parametrize(
    ("mount", "settings", "status"),
    [
        (Mount(PATH, "ext4", "/dev/sdb1"), SETUP, "fail"),
        (Mount(PATH, "tmpfs", "mine"), OWN, "warn"),
        (replace(CIFS, source="//nas/photos"), SETUP, "warn"),
        (replace(CIFS, source="//NAS/Docs/"), SETUP, "pass"),
        (replace(CIFS, source="//nas/photos"), OWN, "pass"),
    ],
)
async def test_something_else_is_mounted_there(
    mount: Mount, settings: dict[str, str], status: str
) -> None:
    assert (await told(at(FakeSight(), mount, **settings)))["nas.unexpected"] == status


@pytest.mark.parametrize(("there", "status"), [(True, "pass"), (False, "fail"), (None, None)])
async def test_the_owners_marker(there: bool | None, status: str | None) -> None:
    seen = at(FakeSight(seen=Look(marker=there)), CIFS, **SETUP, marker="tars-marker.txt")
    assert (await told(seen)).get("nas.marker") == status
    assert "nas.marker" not in await told(at(FakeSight(seen=Look(marker=False))))


@dataclass(frozen=True)
class Reader:
    """A container that reads the documents: what its first process has there."""

    seen: dict[int, str | None] = field(default_factory=dict[int, str | None])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    def world(self, mount: Mount = CIFS) -> World:
        sight = FakeSight(containers=self.seen)
        reader = view("webui", **{**READS, "container_pid": 77, **self.facts})
        return at(sight, mount, reader, view("redis"), **SETUP)


@pytest.mark.parametrize(
    ("reader", "status"),
    [
        (Reader({77: CIFS.device}), "pass"),
        (Reader({77: None}), "fail"),
        (Reader({77: "0:41"}), "fail"),
        (Reader({}), "unknown"),
        (Reader({77: None}, {"busy": "change 3 is at work"}), "change 3 is at work"),
        (Reader({77: None}, {"wanted": "stopped"}), None),
        (Reader({77: None}, {"container_state": "exited"}), None),
        (Reader({77: None}, {"container_pid": None}), "unknown"),
    ],
)
async def test_a_container_that_does_not_see_what_the_machine_sees(
    reader: Reader, status: str | None
) -> None:
    assert (await told(reader.world())).get("nas.container-stale") == status


def nothing(_: str) -> None:
    """Is mounted there."""


async def test_only_that_container_is_restarted_and_only_with_a_mount_that_can_be_read() -> None:
    seen = Reader({77: None}).world()
    stale = await finding(seen, "nas.container-stale")
    assert stale.subject == "webui"
    assert "rslave" in str(stale.fix)
    (remedy,) = nas.ContainerStale.remedies
    assert remedy.fits(seen, stale)
    assert remedy.guard(seen, stale) is None
    assert remedy.words(stale) == "restart webui"
    broken = replace(seen, nas=FakeSight(seen=Look(number=ESTALE), containers={77: None}))
    assert (await told(broken))["nas.container-stale"] == "waits for nas.stale"
    absent = replace(seen, mount=nothing)
    assert (await told(absent))["nas.container-stale"] == "waits for nas.absent"
    assert remedy.guard(absent, stale) == f"it reads the NAS, and nothing is mounted at {PATH}"


def test_what_is_unmounted_is_seen_at_once() -> None:
    assert {it.id for it in nas.CHECKS if Trigger.MOUNTS in it.triggers} == {
        it.id for it in nas.CHECKS
    }


def test_what_is_told_of_the_nas_is_its_root() -> None:
    def said(name: str, status: Status, subject: str = "nas") -> Finding:
        return Finding(name, subject, status, "words")

    down, warns = said("nas.down", Status.FAIL), said("nas.unexpected", Status.WARN)
    assert nas.told_of([warns, said("nas.marker", Status.FAIL), down]) == down
    assert nas.told_of([warns, said("nas.absent", Status.PASS)]) == warns
    assert nas.told_of([said("nas.container-stale", Status.FAIL, "webui")]) is None
