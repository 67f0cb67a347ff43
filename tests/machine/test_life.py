"""The package's life with the stack running: apt stops no container and loses no data."""

import pytest

from tests.machine.data import Keepsake
from tests.machine.home import ARCHIVE, STATE, Home
from tests.machine.shapes import Change, Version
from tests.machine.supply import Supply

pytestmark = pytest.mark.vm


def volumes(home: Home) -> set[str]:
    listed = home.machine.exec(
        "docker", "volume", "ls", "-q", "--filter", "label=com.docker.compose.project=tars"
    )
    return set(listed.out.split())


def secrets(home: Home) -> str:
    """Names and check sums of the secrets; never their content."""
    return home.machine.sh(f"cd {STATE}/secrets && find . -type f | sort | xargs sha256sum").out


def test_reboot_brings_all_back(each_home: Home) -> None:
    each_home.machine.reboot()
    each_home.wait_for_answer(within=30)
    each_home.wait_for("healthy", within=90)


def test_upgrade_restarts_no_container_and_cannot_be_gone_back_from(
    each_home: Home, supply: Supply
) -> None:
    before, old = each_home.started(), each_home.ask(Version, "version")
    each_home.use_repository(supply.newer_repository)
    each_home.apt("upgrade")
    new = each_home.ask(Version, "version")
    assert new.daemon == new.client
    assert new.daemon != old.daemon
    back = each_home.apt("install", "--allow-downgrades", f"tars-home={old.daemon}", check=False)
    assert back.status != 0
    assert "cannot go back" in back.err + back.out
    assert each_home.ask(Version, "version").pid == new.pid
    assert each_home.started() == before
    each_home.wait_for("healthy")


def test_upgrade_while_a_change_runs_ends_the_change(each_home: Home) -> None:
    change = each_home.ask(Change, "restart", "--no-wait")
    each_home.apt("install", "--reinstall", "tars-home")
    each_home.wait_for_answer()
    ended = each_home.ask(Change, "watch", change.id, within=180)
    assert ended.status in {"done", "undone"}
    each_home.wait_for("healthy", within=120)
    assert each_home.ask(Change, "restart", "redis", within=120).status == "done"


def test_removed_package_leaves_the_stack_and_takes_over_again(each_home: Home) -> None:
    before = each_home.started()
    removed = each_home.apt("remove", "tars-home")
    assert "goes on" in removed.err + removed.out or "still run" in removed.err + removed.out
    assert each_home.started() == before
    each_home.install_package()
    each_home.wait_for("healthy")
    assert each_home.started() == before


def test_purge_keeps_volumes_and_their_secrets(each_home: Home) -> None:
    keepsake = Keepsake.leave(each_home)
    held, known = volumes(each_home), secrets(each_home)
    each_home.apt("purge", "tars-home")
    assert volumes(each_home) == held
    assert secrets(each_home) == known
    each_home.install_package()
    each_home.tarsctl("install", "--yes", "--image-archive", ARCHIVE, within=240)
    each_home.wait_for("healthy")
    keepsake.check(each_home)
