"""Settings come in layers: defaults, then tars-home.toml, then conf.d in order of name; later ones win."""

from pathlib import Path

import pytest

from tarsd import config
from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths
from tarsd.settings import Settings
from tests.tree import ROOT
from tests.unit.settings.faults import faults


def test_no_file_at_all_gives_every_default(paths: Paths) -> None:
    found = config.load(paths)
    assert found.settings == Settings()
    assert found.files == ()


def test_the_directory_itself_may_be_missing(tmp_path: Path) -> None:
    assert config.load(Paths(etc=tmp_path / "none")).settings == Settings()


def test_conf_d_wins_over_the_owners_file_key_by_key(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 9000\nredis = 7000\n")
    (paths.conf_d / "10-ports.toml").write_text("[ports]\nwebui = 9001\n")
    ports = config.load(paths).settings.ports
    assert (ports.webui, ports.redis, ports.ollama) == (9001, 7000, 11434)


def test_within_conf_d_the_later_name_wins(paths: Paths) -> None:
    (paths.conf_d / "90-late.toml").write_text('[log]\nlevel = "error"\n')
    (paths.conf_d / "10-early.toml").write_text('[log]\nlevel = "debug"\n')
    assert config.load(paths).settings.log.level == "error"


def test_a_table_whose_lines_are_all_commented_out_changes_nothing(paths: Paths) -> None:
    (paths.conf_d / "10-ports.toml").write_text("[ports]\nwebui = 9000\n")
    (paths.conf_d / "20-template.toml").write_text("[ports]\n# webui = 8080\n")
    assert config.load(paths).settings.ports.webui == 9000


def test_files_of_another_ending_are_left_alone(paths: Paths) -> None:
    (paths.conf_d / "10-ports.toml.dpkg-old").write_text("not TOML at all")
    assert config.load(paths).files == ()


def test_the_listing_tells_where_each_value_was_written(paths: Paths) -> None:
    paths.settings.write_text('# mine\n[log]\nlevel = "debug"\n')
    (paths.conf_d / "10-ports.toml").write_text("[ports]\n\nwebui = 9001\n")
    listing = config.load(paths).listing()
    assert listing["log.level"] == {"value": "debug", "source": f"{paths.settings}:3"}
    assert listing["ports.webui"]["source"] == f"{paths.conf_d / '10-ports.toml'}:3"
    assert listing["ports.redis"] == {"value": 6379, "source": "default"}


def test_the_listing_has_every_setting_there_is(paths: Paths) -> None:
    wanted = {
        f"{section}.{name}"
        for section, content in Settings().model_dump().items()
        for name in content
    }
    assert config.load(paths).listing().keys() == wanted


def test_the_shipped_file_is_valid_and_changes_nothing(paths: Paths) -> None:
    paths.settings.write_bytes((ROOT / "etc/tars-home.toml").read_bytes())
    assert config.load(paths).settings == Settings()


def test_the_shipped_file_shows_every_setting_with_its_default(paths: Paths) -> None:
    """What stands behind "#" is the default, as its first line promises."""
    shipped = (ROOT / "etc/tars-home.toml").read_text().splitlines()
    shown = [line.removeprefix("# ") if " = " in line else line for line in shipped]
    without_examples = [line for line in shown if '"..."' not in line and "/mnt/nas" not in line]
    paths.settings.write_text("\n".join(line for line in without_examples if line[:1] != "#"))
    found = config.load(paths)
    assert found.settings == Settings()
    sections = Settings().model_dump()
    optional = {
        ("stack", "backend_image"),
        ("nas", "path"),
        ("nas", "source"),
        ("nas", "credentials"),
        ("nas", "marker"),
        ("ops", "certificate"),
        ("ops", "key"),
    }
    every = {(section, name) for section, content in sections.items() for name in content}
    assert every - optional <= found.places.keys()


def test_several_files_at_fault_are_all_named(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 0\n")
    (paths.conf_d / "a.toml").write_bytes(b"\xff")
    (paths.conf_d / "b.toml").write_text("nonsense = 1\n")
    assert {it.file for it in faults(paths)} == {"tars-home.toml", "a.toml", "b.toml"}
    with pytest.raises(ConfigInvalid, match=r"\(and 2 more\)$"):
        config.load(paths)
