"""What a run is refused for, and what breaks in the middle of it: a clear message, and nothing left behind."""

import os
import signal
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from tarsd.errors import BadRequest, BundleFailed, ChangeConflict, NoSpace
from tarsd.operations.bundle import encrypt, gather, space
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, NotHere, Stream
from tarsd.operations.bundle.private import alone, private, swept
from tarsd.sizes import MB
from tests.unit.bundle.making import PASSWORD, Making, collector, unpacked


@pytest.fixture
def able(making: Making) -> Making:
    making.collectors = [
        collector("logs", {"logs/redis.log": f"AUTH {PASSWORD}\n".encode()}),
        collector("system", {"system/os.txt": b"Debian 13\n"}),
    ]
    return making


def test_no_space_is_seen_before_anything_is_asked(able: Making) -> None:
    able.frees = repeat(100 * MB)
    with pytest.raises(NoSpace, match="100 MB are free") as told:
        able.make()
    assert told.value.fix
    assert able.left() == []
    assert able.steps == []


def test_disk_that_fills_up_meanwhile_ends_it_before_it_is_full(
    able: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "LOOK_EVERY", 1)
    able.frees = chain([10**12], repeat(50 * MB))
    with pytest.raises(NoSpace, match="50 MB are free"):
        able.make()
    assert able.left() == []


def test_unknown_collector_is_named_with_those_there_are(able: Making) -> None:
    with pytest.raises(BadRequest, match="no collector 'lgos'") as told:
        able.make(exclude=["lgos"])
    assert told.value.fix == "one of: logs system"


def test_nothing_left_to_collect(able: Making) -> None:
    with pytest.raises(BadRequest, match="every collector is excluded"):
        able.make(exclude=["logs", "system"])


def test_only_what_is_asked_for_is_collected(able: Making) -> None:
    files = unpacked(able.make(include=["system"]))
    assert [name for name in files if "/" in name] == ["system/os.txt"]


@pytest.mark.parametrize("text", ["age1nobody", "ssh-dss AAAA", "", "anna@example.org"])
def test_wrong_recipient_is_refused_before_anything_is_collected(able: Making, text: str) -> None:
    if not text:
        with pytest.raises(BadRequest, match="no age recipient"):
            encrypt.recipient(text)
        return
    with pytest.raises(BadRequest, match="no age recipient"):
        able.make(encrypt_to=text)
    assert able.left() == []
    assert able.steps == []


def test_encrypted_for_its_recipient_and_for_nobody_else(able: Making) -> None:
    import pyrage

    anna = pyrage.x25519.Identity.generate()
    made = able.make(encrypt_to=str(anna.to_public()))
    path = Path(made["path"])
    assert path.name.endswith(".tar.gz.age")
    assert pyrage.decrypt(path.read_bytes(), [anna]).startswith(b"\x1f\x8b")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.generate()])
    assert able.left() == [path.name, f"{path.name}.sha256"]


def test_encryption_that_fails_leaves_no_plain_archive(
    able: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyrage

    def broken(*_: object) -> None:
        raise pyrage.EncryptError("no entropy")

    monkeypatch.setattr(pyrage, "encrypt_io", broken)
    anna = str(pyrage.x25519.Identity.generate().to_public())
    with pytest.raises(BundleFailed, match="cannot encrypt the bundle: no entropy"):
        able.make(encrypt_to=anna)
    assert able.left() == []


def test_directory_that_cannot_be_written(able: Making) -> None:
    (able.directory / "bundles").write_text("a file")
    with pytest.raises(OSError, match="bundles"):
        able.make()


def test_one_at_a_time(able: Making) -> None:
    (able.directory / "bundles").mkdir()
    with alone(able.directory / "bundles"), pytest.raises(ChangeConflict, match="another one"):
        able.make()


def test_what_a_killed_run_has_left_is_removed_by_the_next(able: Making, tmp_path: Path) -> None:
    bundles = tmp_path / "bundles"
    pid = os.fork()
    if not pid:
        with private(bundles) as work:
            (work / "half.tar.gz").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert len(able.left()) == 1
    with alone(bundles):
        assert swept(bundles) == [], "one is at work"
    assert len(swept(bundles)) == 1
    assert able.left() == []


def test_collector_that_fails_hangs_or_is_not_there_is_missing_and_no_more(
    able: Making,
) -> None:
    async def failing(_: Asked) -> AsyncGenerator[File, None]:
        yield File("bad/one.txt", _raises)

    async def absent(_: Asked) -> AsyncGenerator[File, None]:
        raise NotHere("no card in this machine")
        yield

    async def defective(_: Asked) -> AsyncGenerator[File, None]:
        raise ZeroDivisionError(PASSWORD)
        yield

    for name, files in (("bad", failing), ("gpu", absent), ("defect", defective)):
        able.collectors.append(Collector(name, name, name, files))
    made = able.make()
    missing = {it["collector"]: (it["why"], it["text"]) for it in made["missing"]}
    assert missing["bad"][0] == "failed"
    assert PASSWORD not in missing["bad"][1], "the words of others are redacted"
    assert missing["defect"][0] == "failed"
    assert PASSWORD not in missing["defect"][1]
    assert "gpu" not in missing, "what this machine does not have is not told as missing"
    assert b"no card in this machine" in unpacked(made)["MANIFEST.json"]


async def _raises() -> Stream:
    raise OSError(5, f"Input/output error of {PASSWORD}")
    yield b""


def test_collector_that_blocks_its_process_is_left_behind(
    able: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a look at a NAS that hangs in the kernel."""

    async def blocking(_: Asked) -> AsyncGenerator[File, None]:
        time.sleep(60)  # noqa: ASYNC251  that is the fault
        yield File("nas/x.txt", _raises)

    monkeypatch.setattr(gather, "GRACE", 0.2)
    able.collectors.append(Collector("nas", "NAS", "the share", blocking, deadline=0.2))
    able.collectors = [replace(it, deadline=0.2) for it in able.collectors]
    begun = time.monotonic()
    made = able.make()
    assert time.monotonic() - begun < 10
    assert ("nas", "late") in {(it["collector"], it["why"]) for it in made["missing"]}


def test_binary_log_is_withheld_and_named(able: Making) -> None:
    able.collectors.append(collector("raw", {"logs/raw.log": b"\x00\x01\x02" * 100}))
    made = able.make()
    assert made["withheld"] == [{"name": "logs/raw.log", "why": "it is binary, not text"}]


def test_names_of_files_are_redacted_too(able: Making) -> None:
    able.collectors.append(
        collector("odd", {f"odd/{PASSWORD}.log": b"x\n", "odd/../../etc": b"y\n"})
    )
    made = able.make()
    names = [name for name in unpacked(made) if name.startswith("odd")]
    assert len(names) == 2
    assert not any("Tr0ub4dor" in name or ".." in name for name in names)


def test_few_are_kept(able: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarsd.operations.bundle.shelf.KEEP", 2)
    made = [able.make()["name"] for _ in range(3)]
    assert len(able.left()) == 4
    assert made[-1] in able.left()
