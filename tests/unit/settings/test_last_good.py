"""Settings in force: a broken file never takes effect, and what was last valid goes on working."""

import json

import pytest

from tarsd.config import load_good
from tarsd.configured import Configured
from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths
from tarsd.settings import Settings


def test_valid_settings_are_kept_for_the_day_the_files_break(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 9000\n")
    first = Configured(paths)
    first.settle()
    assert first.invalid is None

    paths.settings.write_text("[ports]\nwebui = oops\n")
    after = Configured(paths)

    assert after.settings.ports.webui == 9000
    assert after.invalid is not None
    assert str(paths.settings) in after.invalid.message


def test_without_anything_to_fall_back_on_the_defaults_are_in_force(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = oops\n")
    found = Configured(paths)
    assert found.settings == Settings()
    assert found.invalid is not None


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"ports": {"webui": 0}}', '{"of_a_newer_version": 1}']
)
def test_kept_settings_that_are_damaged_themselves_are_not_used(paths: Paths, damaged: str) -> None:
    paths.last_good_settings.write_text(damaged)
    paths.settings.write_text("[ports]\nwebui = oops\n")
    assert load_good(paths) is None
    assert Configured(paths).settings == Settings()


def test_a_reload_of_broken_files_is_refused_and_changes_nothing(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 9000\n")
    found = Configured(paths)
    found.settle()
    paths.settings.write_text("[ports]\nwebui = 0\n")
    with pytest.raises(ConfigInvalid):
        found.reload()
    assert found.settings.ports.webui == 9000
    assert json.loads(paths.last_good_settings.read_text())["ports"]["webui"] == 9000


def test_a_reload_of_mended_files_takes_them_over(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 0\n")
    found = Configured(paths)
    paths.settings.write_text("[ports]\nwebui = 9001\n")
    found.reload()
    found.settle()
    assert found.settings.ports.webui == 9001
    assert found.invalid is None
    kept = load_good(paths)
    assert kept is not None
    assert kept.ports.webui == 9001


def test_kept_settings_are_for_root_alone(paths: Paths) -> None:
    Configured(paths).settle()
    assert paths.last_good_settings.stat().st_mode & 0o777 == 0o600


def test_valid_settings_count_although_they_cannot_be_kept(paths: Paths) -> None:
    """A full disk is not the settings' fault."""
    paths.state.rmdir()
    paths.settings.write_text("[ports]\nwebui = 9000\n")
    found = Configured(paths)
    found.settle()
    assert found.settings.ports.webui == 9000
    assert "No such file" in (found.unkept or "")


def test_nothing_is_left_beside_the_kept_settings(paths: Paths) -> None:
    found = Configured(paths)
    found.reload()
    found.settle()
    assert [entry.name for entry in paths.state.iterdir()] == [paths.last_good_settings.name]
