"""Before an act: what was seen is kept, no secret with it, and no act is held up."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.engine.evidence import DEADLINE, Evidence, Sources
from tarsd.engine.incident import Incident, IncidentStatus
from tarsd.errors import JobFailed
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.evidence import MOST_BYTES, EvidenceFiles
from tarsd.host.gpu import Gpus
from tarsd.host.jobs import SystemdJobs
from tarsd.host.kernel_tail import KernelTail
from tarsd.host.nvidia.cards import Cards
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.secret_files import SecretFiles
from tarsd.host.secret_history import SecretHistory
from tarsd.settings import Evidence as Bounds
from tests.unit.clock import JumpingLoop
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.host.nvidia_machine import NvmlJobs, gpus, machine, told

INCIDENT = Incident(31, "service.hung", "redis", IncidentStatus.OPEN, "fail", "it hangs", None, "")
FINDINGS = [Finding("service.hung", "redis", Status.FAIL, "it hangs", "tarsctl logs redis")]

OWNER = 'p\u00e4ss"w\\ord & co'
"""What an owner types may look different in JSON and in a URL."""


class FakeKernel(KernelTail):
    def __init__(self) -> None:
        super().__init__(OwnJobs(SystemdJobs(), Path("/")))
        self.answer: Callable[[], Any] = lambda: "[ 1.000000] CIFS: no answer"

    async def read(self, deadline: float) -> str:
        found = self.answer()
        return await found if asyncio.iscoroutine(found) else found


class Scene:
    """A container that hangs, on a machine with secrets."""

    def __init__(self, root: Path, engine: FakeEngine, docker: DockerApi) -> None:
        self.engine = engine
        self.docker = docker
        self.root = root
        self.secrets = SecretFiles(root / "secrets")
        self.kernel = FakeKernel()
        self.pressure: Callable[[], str] = lambda: "cpu\nsome avg10=0.00\n"
        self.containers = Containers(docker, "tars")
        sources = Sources(
            docker, self.containers, Gpus(docker, root), self.kernel, lambda: self.pressure()
        )
        self.free: Callable[[Path], int] = lambda _: 1 << 40
        self.files = EvidenceFiles(root / "evidence", Bounds, lambda path: self.free(path))
        self.evidence = Evidence(sources, self.files, self.secrets)
        self.log: list[tuple[int, bytes]] = [(1, b"ready\n"), (2, b"oops\n")]
        self.more: dict[str, Any] = {}
        self.says = "ok"

    def see_cards(self, jobs: NvmlJobs) -> None:
        """A machine with a card, of which NVML says what these jobs do."""
        cards = gpus(machine(self.root))
        sources = Sources(
            self.docker,
            self.containers,
            cards,
            self.kernel,
            lambda: self.pressure(),
            Cards(cards, jobs.own()),
        )
        self.evidence = Evidence(sources, self.files, self.secrets)

    async def container(self) -> Container:
        made = FakeContainer("redis", log=self.log, more=self.more, says=self.says)
        self.engine.add(made)
        (found,) = await self.containers.all()
        return found

    async def save(self) -> str:
        container = await self.container()
        return (await self.evidence.save(INCIDENT, container, FINDINGS, ())).text

    def kept(self) -> dict[str, str]:
        """Texts by name, without stamps."""
        place = self.root / "evidence" / "31"
        return {path.name.partition("-")[2]: path.read_text() for path in sorted(place.iterdir())}


@pytest.fixture
def scene(tmp_path: Path, engine: FakeEngine, docker: DockerApi) -> Scene:
    return Scene(tmp_path, engine, docker)


async def test_what_is_kept_is_what_was_seen(scene: Scene) -> None:
    assert await scene.save() == "evidence (findings, 2 log lines, inspect, kernel log, pressure)"
    kept = scene.kept()
    assert kept["container.log"] == "ready\noops\n"
    assert kept["kernel.log"] == "[ 1.000000] CIFS: no answer"
    assert json.loads(kept["findings.json"]) == [FINDINGS[0].as_json()]
    assert json.loads(kept["inspect.json"])["State"]["Health"]["Log"]
    assert await scene.evidence.names(31) == sorted(
        path.name for path in (scene.root / "evidence" / "31").iterdir()
    )


async def test_what_is_on_the_cards_is_kept(scene: Scene) -> None:
    """Their memory and who holds it, as they are before the act."""
    busy = told(
        {"used": 9 << 30, "processes": [{"pid": 7, "memory": 8 << 30, "command": "ollama"}]}
    )
    jobs = NvmlJobs(busy)
    scene.see_cards(jobs)
    assert "GPU" in await scene.save()
    (name,) = [it for it in scene.kept() if it.endswith("gpu.json")]
    kept = json.loads(scene.kept()[name])
    (card,) = kept["nvml"]["cards"]
    assert (card["used"], card["processes"][0]["command"]) == (9 << 30, "ollama")
    assert kept["seconds_ago"] < 15


async def test_a_card_that_does_not_answer_costs_no_other_evidence(scene: Scene) -> None:
    jobs = NvmlJobs()

    async def hangs() -> None:
        await asyncio.Event().wait()

    jobs.before = hangs
    scene.see_cards(jobs)
    assert "kernel log" in await scene.save()
    assert json.loads(scene.kept()["gpu.json"])["nvml"] == "no answer in time"


async def test_without_a_container_the_rest_is_kept(scene: Scene) -> None:
    found = await scene.evidence.save(replace(INCIDENT, subject="docker"), None, FINDINGS, ())
    assert found.text == "evidence (findings, kernel log, pressure)"


async def test_no_secret_is_kept_wherever_it_stood(scene: Scene) -> None:
    """The real secrets directory: one in force, the next and an earlier one, the NAS's, one of the owner's own choice."""
    for name in ("postgres-password", "redis-password"):
        scene.secrets.make(name)
    history = SecretHistory(scene.secrets)
    history.prepare("redis-password")
    history.keep("redis-password", "20261101T000000Z", "an-earlier-value-of-it")
    scene.secrets.replace("admin-password", OWNER)
    (scene.secrets.directory / "nas-0123abcd.credentials").write_text(
        "username=me\npassword=nas secret\ndomain=HOME\n"
    )
    values = [
        scene.secrets.read("postgres-password"),
        scene.secrets.read("redis-password"),
        history.next("redis-password") or "",
        "an-earlier-value-of-it",
        OWNER,
        "nas secret",
    ]
    everywhere = " ".join(
        [*values, json.dumps(OWNER), json.dumps({"x": OWNER}, ensure_ascii=False)]
    )
    urls = f"postgresql://tars:{values[0]}@db/x http://admin:p%C3%A4ss%22w%5Cord%20%26%20co@x/"
    scene.log = [(1, f"{everywhere}\n{urls}\n".encode())]
    scene.more = {
        "Config": {
            "Image": "redis:8",
            "Labels": {},
            "Env": [f"REDIS_PASSWORD={values[1]}", "OTHER=of-the-owner", "BARE"],
        },
        "Args": ["--requirepass", values[1], everywhere],
    }
    scene.says = everywhere
    scene.kernel.answer = lambda: everywhere
    scene.pressure = lambda: everywhere
    await scene.save()
    text = "".join(scene.kept().values())
    assert "[secret]" in text
    for value in (*values, "of-the-owner", "ss%22w", "w\\\\ord", "u00e4"):
        assert value not in text, value
    environment = json.loads(scene.kept()["inspect.json"])["Config"]["Env"]
    assert environment == ["REDIS_PASSWORD=[hidden]", "OTHER=[hidden]", "BARE=[hidden]"]


async def test_half_a_secret_at_the_cut_of_a_long_log_is_none(scene: Scene) -> None:
    scene.secrets.make("redis-password")
    value = scene.secrets.read("redis-password")
    line = f"{value}\n".encode()
    scene.log = [(1, line * 1000)] * (4 * MOST_BYTES // (1000 * len(line)))
    await scene.save()
    kept = scene.kept()["container.log"]
    assert len(kept.encode()) <= MOST_BYTES
    assert set(kept.split()) == {"[secret]"}
    assert value[-20:] not in kept
    scene.log = [(1, value.encode() * 100)] * (4 * MOST_BYTES // (100 * len(value)))
    await scene.save()
    assert value[-20:] not in "".join(scene.kept().values())


async def test_if_secrets_cannot_be_read_nothing_is_kept(scene: Scene) -> None:
    scene.secrets.make("redis-password")
    (scene.secrets.directory / "loop").symlink_to("redis-password")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", _refuse)
        assert await scene.save() == "no evidence: Input/output error"
    assert not (scene.root / "evidence").exists()


def _refuse(*_: object, **__: object) -> str:
    raise OSError(5, "Input/output error")


async def test_an_engine_that_hangs_costs_its_part_and_not_the_deadline(
    scene: Scene, clock: Callable[[], float]
) -> None:
    container = await scene.container()
    scene.engine.hang()
    begun = clock()
    found = await scene.evidence.save(INCIDENT, container, FINDINGS, ())
    assert clock() - begun <= DEADLINE
    assert found.text == (
        "evidence (findings, kernel log, pressure); no log: no answer in time; no inspect: no answer in time"
    )


async def test_a_job_that_cannot_be_stopped_is_left_behind(
    scene: Scene, clock: Callable[[], float]
) -> None:
    async def stuck() -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(15)  # a unit that is stopped takes its time
        return ""

    scene.kernel.answer = stuck
    container = await scene.container()
    begun = clock()
    found = await scene.evidence.save(INCIDENT, container, FINDINGS, ())
    assert clock() - begun <= DEADLINE
    assert found.text.endswith("; no kernel log: no answer in time")


async def test_a_part_that_cannot_be_had_is_said_with_its_reason(scene: Scene) -> None:
    def no_job() -> str:
        raise JobFailed("cannot open /dev/kmsg: Operation not permitted")

    def no_pressure() -> str:
        raise FileNotFoundError(2, "No such file or directory", "/proc/pressure/cpu")

    scene.kernel.answer, scene.pressure = no_job, no_pressure
    text = await scene.save()
    assert "; no kernel log: cannot open /dev/kmsg: Operation not permitted" in text
    assert "; no pressure: [Errno 2] No such file or directory" in text


async def test_a_full_disk_costs_the_evidence_and_is_said(scene: Scene) -> None:
    scene.free = lambda _: 1024**2
    assert (await scene.save()).startswith("no evidence: only 1 MiB are free in")


async def test_a_disk_that_hangs_costs_the_evidence_and_not_the_deadline(
    scene: Scene, clock: Callable[[], float]
) -> None:
    answers = threading.Event()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)

    def hang(_: Path) -> int:
        loop.thread_hangs(True)
        answers.wait(20)
        return 1 << 40

    scene.free = hang
    container = await scene.container()
    for _ in range(2):
        begun = clock()
        found = await scene.evidence.save(INCIDENT, container, FINDINGS, ())
        assert clock() - begun <= DEADLINE + 0.5
        assert found.text == "no evidence: the disk does not answer"
    loop.thread_hangs(False)
    answers.set()
    await asyncio.sleep(0.1)


async def test_what_is_not_recorded_has_no_place_for_evidence(scene: Scene) -> None:
    found = await scene.evidence.save(replace(INCIDENT, id=0), None, FINDINGS, ())
    assert found.text == "no evidence: the incident is not recorded yet"
