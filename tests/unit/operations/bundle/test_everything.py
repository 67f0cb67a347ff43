"""All collectors together: on a machine with nothing, on one where nothing answers, and on one that has it all."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.host.pieces import contents
from tarsd.operations.bundle.collectors.everything import Sources, collectors
from tarsd.operations.bundle.collectors.protocol import Gap
from tarsd.paths import Paths
from tarsd.settings import Settings
from tests.tree import ROOT
from tests.unit.fake_chroma import FakeChroma
from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_ollama import FakeOllama
from tests.unit.operations.bundle.taker import ASKED, taken

ROWS = {
    "system", "journal", "kernel", "engine", "logs", "settings", "network", "gpu", "nas", "models", "chroma", "probes",
    "doctor", "incidents", "changes", "audit", "metrics", "package", "daemon",
}  # fmt: skip


class Programs:
    """What was run; each says its own command line, or hangs, or is not there."""

    def __init__(self, *, hang: bool = False, missing: bool = False) -> None:
        self.hang = hang
        self.missing = missing
        self.ran: list[str] = []

    def __call__(
        self, argv: Sequence[str], *, fine: Sequence[int] = (0,)
    ) -> AsyncGenerator[bytes, None]:
        self.ran.append(" ".join(argv))

        async def stream() -> AsyncGenerator[bytes, None]:
            if self.missing:
                raise FileNotFoundError(argv[0])
            if self.hang:
                await asyncio.sleep(3600)
            yield f"{' '.join(argv)}\n".encode()

        return stream()


@pytest.fixture
async def http() -> AsyncIterator[HttpSession]:
    session = HttpSession()
    yield session
    await session.close()


@pytest.fixture
def sources(
    paths: Paths, docker: DockerApi, http: HttpSession, tmp_path: Path
) -> Callable[[Programs], Sources]:
    settings = Settings.model_validate({"ports": {"ollama": 1, "chromadb": 1}})

    def made(programs: Programs) -> Sources:
        return Sources(
            paths, "tars", lambda: settings, docker, http, (), programs, contents, tmp_path / "root"
        )

    return made


async def all_of(sources: Sources) -> tuple[dict[str, str], list[Gap]]:
    files: dict[str, str] = {}
    gaps: list[Gap] = []
    for it in collectors(sources):
        more, missing = await taken(it)
        assert not files.keys() & more.keys()
        assert all(name.startswith(f"{it.id}/") for name in more), it.id
        files |= more
        gaps += missing.values()
    return files, gaps


def test_every_row_has_its_collector(sources: Callable[[Programs], Sources]) -> None:
    found = collectors(sources(Programs()))
    assert {it.id for it in found} == ROWS
    assert len(found) == len(ROWS)
    for it in found:
        assert 0 < it.deadline <= 60
        assert 0 < it.cap <= 16 * 1024 * 1024
        assert it.title
        assert it.about


def test_the_documentation_has_each_of_them(sources: Callable[[Programs], Sources]) -> None:
    text = (ROOT / "docs/bundle-files.md").read_text(encoding="utf-8")
    for it in collectors(sources(Programs())):
        row = f"| `{it.id}` | {it.title} | {it.about} | {it.deadline:g} s | {it.cap >> 20} MiB |"
        assert row in text


async def test_a_machine_with_nothing_gives_gaps_and_no_errors(
    sources: Callable[[Programs], Sources], engine: FakeEngine
) -> None:
    await engine.stop()
    _, gaps = await all_of(sources(Programs(missing=True)))
    told = {gap.collector for gap in gaps}
    assert {"engine", "logs", "models", "chroma", "daemon", "doctor", "gpu", "nas"} <= told
    for gap in gaps:
        assert "Traceback" not in gap.text
        assert "object at 0x" not in gap.text


async def test_a_machine_on_which_nothing_answers_is_done_with_in_time(
    sources: Callable[[Programs], Sources], engine: FakeEngine, clock: Callable[[], float]
) -> None:
    engine.hang()
    programs = sources(Programs(hang=True))
    for it in collectors(programs):
        began = clock()
        await taken(it)
        assert clock() - began <= it.deadline + 2, it.id


async def test_what_lies_on_a_nas_is_never_touched(
    sources: Callable[[Programs], Sources], tmp_path: Path
) -> None:
    place = tmp_path / "root" / "proc" / "1"
    place.mkdir(parents=True)
    (place / "mountinfo").write_text(
        "30 1 0:41 / /mnt/nas/docs ro,nosuid shared:7 - cifs //nas/docs ro,username=anna\n"
        "31 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
    )
    programs = Programs()
    files, _ = await all_of(sources(programs))
    assert "//nas/docs" in files["nas/nas.txt"].partition("====")[2].partition("====")[0]
    assert "ext4" not in files["nas/nas.txt"]
    assert not [it for it in programs.ran if "/mnt" in it]
    frees = [it for it in programs.ran if it.startswith("df ")]
    assert frees
    assert all("--local" in it for it in frees)


async def test_cards_are_asked_for_where_there_are_some(
    sources: Callable[[Programs], Sources], tmp_path: Path
) -> None:
    card = tmp_path / "root" / "sys/bus/pci/devices/0000:01:00.0"
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x10de\n")
    files, _ = await all_of(sources(Programs()))
    assert "nvidia-smi -q" in files["gpu/nvidia-smi.txt"]


async def test_models_and_collections_are_counted_not_read(
    paths: Paths, docker: DockerApi, http: HttpSession, tmp_path: Path
) -> None:
    ollama, chroma = FakeOllama(), FakeChroma()
    ollama.add("llama3.1:8b")
    chroma.databases["default_database"]["my divorce"] = {"a": ([1.0], "what my lawyer said")}
    await ollama.start()
    await chroma.start()
    chroma.says["GET", "heartbeat"] = (200, "{}")
    chroma.says["GET", "collections_count"] = (200, "2")
    chroma.says["GET", "count"] = (200, "1")
    settings = Settings.model_validate({"ports": {"ollama": ollama.port, "chromadb": chroma.port}})
    it = Sources(paths, "tars", lambda: settings, docker, http, (), Programs(), root=tmp_path)
    files, _ = await all_of(it)
    await ollama.stop()
    await chroma.stop()
    assert json.loads(files["models/models.json"])["models"][0]["name"] == "llama3.1:8b"
    assert json.loads(files["chroma/counts.json"]) == {"collections": 2, "records": 2}
    assert "divorce" not in "".join(files.values())
    assert "lawyer" not in "".join(files.values())


async def test_the_journal_is_asked_for_what_was_wanted_only(
    sources: Callable[[Programs], Sources],
) -> None:
    programs = Programs()
    await all_of(sources(programs))
    journals = [it for it in programs.ran if it.startswith("journalctl --no-pager --quiet")]
    since = f"--since=@{int(ASKED.since.timestamp())} --lines={ASKED.log_lines}"
    assert len(journals) == 4
    assert all(since in it for it in journals)
    assert any("_SYSTEMD_UNIT=docker.service SYSLOG_IDENTIFIER=dockerd" in it for it in journals)


@pytest.mark.parametrize(
    "counter",
    [
        "system.slice/docker-1f.scope/memory.current",
        "memory/system.slice/docker-1f.scope/memory.usage_in_bytes",
        "memory/docker/1f/memory.usage_in_bytes",
        "system.slice/tarsd.service/memory.peak",
    ],
)
async def test_the_kernels_counters_are_found_wherever_they_are(
    sources: Callable[[Programs], Sources], tmp_path: Path, counter: str
) -> None:
    path = tmp_path / "root/sys/fs/cgroup" / counter
    path.parent.mkdir(parents=True)
    path.write_text("4096\n")
    files, _ = await all_of(sources(Programs()))
    assert files["metrics/groups.txt"] == f"==== {path}\n4096\n"
