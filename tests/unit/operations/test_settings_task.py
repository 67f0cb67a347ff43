"""The installer's answers, kept in a file of their own beside the owner's."""

import pytest

from tarsd.changes.model import ChangeStatus
from tarsd.operations.answers import FILE, HEADER
from tests.unit.home import Home
from tests.unit.names import names


def written(home: Home) -> str:
    return (home.paths.conf_d / FILE).read_text()


async def test_only_what_was_answered_is_written(home: Home) -> None:
    await home.install(cpu_only=True)
    assert written(home) == HEADER + "\n[stack]\ncpu_only = true\n"


async def test_the_file_says_who_wrote_it_so_that_a_purge_knows(home: Home) -> None:
    await home.install()
    assert written(home).startswith("# Written by tarsctl install")
    assert (home.paths.conf_d / FILE).stat().st_mode & 0o777 == 0o644


async def test_skipping_the_nas_turns_it_off_and_on_again(home: Home) -> None:
    await home.install(skip_nas=True)
    assert home.app.configured.settings.nas.enabled is False
    await home.install(skip_nas=False)
    assert home.app.configured.settings.nas.enabled is True


async def test_the_same_answers_again_do_not_touch_the_file(home: Home) -> None:
    await home.install(cpu_only=True)
    before = (home.paths.conf_d / FILE).stat().st_mtime_ns
    await home.install()
    assert (home.paths.conf_d / FILE).stat().st_mtime_ns == before


async def test_the_owners_own_files_are_not_touched_and_theirs_of_a_later_name_wins(
    home: Home,
) -> None:
    theirs = home.paths.conf_d / "90-mine.toml"
    theirs.write_text("[stack]\nfrontend = false\n")
    before = home.paths.settings.read_text()
    await home.install(with_frontend=True)
    assert home.app.configured.settings.stack.frontend is False
    assert (theirs.read_text(), home.paths.settings.read_text()) == (
        "[stack]\nfrontend = false\n",
        before,
    )


@pytest.mark.parametrize(
    "broken", ["[stack\n", "stack = 5\n", "[[stack]]\ncpu_only = true\n", "[stack]\ncpu_only = 7\n"]
)
async def test_a_file_broken_by_hand_is_written_anew(home: Home, broken: str) -> None:
    (home.paths.conf_d / FILE).write_text(broken)
    change = await home.install(cpu_only=True)
    assert change.status is ChangeStatus.DONE, change.error
    assert written(home) == HEADER + "\n[stack]\ncpu_only = true\n"


async def test_what_was_written_into_it_by_hand_is_kept_and_told(home: Home) -> None:
    """The first line says where such settings belong; whoever did not read it finds them again all the same."""
    by_hand = "[stack]\ncpu_only = true\n\n[data]\nkeep = 9\n"
    for number, content in enumerate([by_hand, by_hand.replace("9", "8")], start=1):
        (home.paths.conf_d / FILE).write_text(content)
        change = await home.install()
        assert change.status is ChangeStatus.DONE, change.error
        assert written(home) == HEADER + "\n[stack]\ncpu_only = true\n"
        kept = home.paths.conf_d / f"{FILE}.by-hand-{number}"
        assert kept.read_text() == content
        assert change.result is not None
        (told,) = [it for it in change.result["warnings"] if it["id"] == "settings.by-hand"]
        assert str(kept) in told["summary"]
    assert [it["id"] for it in (await home.install()).result["warnings"]] == []  # type: ignore[index]


async def test_a_failed_install_leaves_no_copy_of_what_stands_there_again(home: Home) -> None:
    by_hand = "[data]\nkeep = 9\n"
    (home.paths.conf_d / FILE).write_text(by_hand)
    home.compose.fails["config"] = "no such thing\n"
    assert (await home.install(cpu_only=True)).status is ChangeStatus.UNDONE
    assert written(home) == by_hand
    assert names(home.paths.conf_d) == [FILE]


async def test_another_file_at_fault_ends_the_install_before_anything_is_touched(
    home: Home,
) -> None:
    theirs = home.paths.conf_d / "90-mine.toml"
    theirs.write_text("[ports]\nwebui = 0\n")
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "config-invalid"
    assert f"{theirs}:2: ports.webui" in change.error["message"]
    assert not (home.paths.conf_d / FILE).exists()
    assert home.secrets() == {}


async def test_a_failed_install_puts_the_old_answers_back(home: Home) -> None:
    await home.install(cpu_only=True)
    before = written(home)
    del home.engine.images["redis:8"]
    assert (await home.install(cpu_only=False, pull=False)).status is ChangeStatus.UNDONE
    assert written(home) == before
    assert home.app.configured.settings.stack.cpu_only is True
