"""tarsd itself: is it there, are its settings valid, is what it runs from whole?"""

import os
from dataclasses import replace
from hashlib import md5
from pathlib import Path

from tarsd.catalogue.check import Status
from tarsd.catalogue.own import ConfigInvalid, GenerationWhole, PackageIntegrity, TarsdDown
from tarsd.host.own_files import OwnFiles
from tests.unit.hands import NotedUnits, hands
from tests.unit.worlds import Surroundings, found, the_one


async def test_where_no_daemon_asks_there_is_none(around: Surroundings) -> None:
    world = around.world()
    assert (await the_one(TarsdDown(), world)).status is Status.PASS
    finding = await the_one(TarsdDown(), replace(world, served=False))
    assert (finding.status, finding.fix) == (
        Status.FAIL,
        "sudo systemctl restart tarsd.service",
    )
    paths = replace(around.paths, run=Path("/proc/self/no-such-directory"))
    assert (await the_one(TarsdDown(), replace(world, served=False, paths=paths))).fix
    noted = NotedUnits()
    await TarsdDown.remedies[0].do(hands(units=noted), finding)
    assert noted.acts == [("restart", "tarsd.service")]


async def test_each_error_of_the_settings_is_told_with_its_line(around: Surroundings) -> None:
    assert (await the_one(ConfigInvalid(), around.world())).status is Status.PASS
    around.paths.settings.write_text('[ports]\nwebui = "http"\n')
    (around.paths.conf_d / "50-x.toml").write_text("[nonsense]\nx = 1\n")
    findings = await found(ConfigInvalid(), around.world())
    assert {it.status for it in findings} == {Status.FAIL}
    said = " ".join(it.summary for it in findings)
    assert f"{around.paths.settings}:2: ports.webui: " in said
    assert "50-x.toml" in said
    assert f"sudo editor {around.paths.settings}  (line 2)" in [it.fix for it in findings]


async def test_a_generation_that_cannot_be_read_is_told(around: Surroundings) -> None:
    assert await found(GenerationWhole(), around.world()) == [], "before an install"
    number = around.paths.generations / "1"
    number.mkdir(parents=True)
    (around.paths.generations / "current").symlink_to("1")
    (number / "compose.json").write_text("{")
    assert (await the_one(GenerationWhole(), around.world())).status is Status.FAIL


def package(root: Path, **files: str) -> OwnFiles:
    """A package of such files, installed an hour after they were put there."""
    dpkg = root / "dpkg"
    dpkg.mkdir()
    sums = "".join(
        f"{md5(text.encode()).hexdigest()}  usr/{name}\n" for name, text in files.items()
    )
    (dpkg / "tars-home.md5sums").write_text(sums)
    (root / "usr").mkdir()
    for name, text in files.items():
        (root / "usr" / name).write_text(text)
    (dpkg / "tars-home.list").touch()
    return OwnFiles(dpkg, root)


async def test_files_that_are_gone_or_changed_are_named(
    around: Surroundings, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    own = package(root, a="one", b="two", c="three")
    world = replace(around.world(), own=own)
    assert (await the_one(PackageIntegrity(), world)).status is Status.PASS
    os.utime(root / "dpkg" / "tars-home.list", (0, 0))  # whatever was touched since then is read
    assert (await the_one(PackageIntegrity(), world)).status is Status.PASS
    (root / "usr" / "a").unlink()
    (root / "usr" / "b").write_text("too")
    finding = await the_one(PackageIntegrity(), world)
    assert finding.status is Status.FAIL
    assert finding.evidence == ("/usr/a is gone", "/usr/b is not what was installed")


async def test_a_checkout_is_no_package(around: Surroundings, tmp_path: Path) -> None:
    world = replace(around.world(), own=OwnFiles(tmp_path))
    assert await found(PackageIntegrity(), world) == []
