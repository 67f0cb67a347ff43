"""The mount unit: systemd's own names, and nothing in it that a share's name could change."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from tarsd.host.nas.share import Share
from tarsd.host.nas.unit import HEADER, unit_name, unit_text
from tarsd.nas_source import AUTO, parse

PATH = "/mnt/nas/documents"


def mount_section(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=True, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  systemd tells cases apart
    parser.read_string(text)
    return dict(parser["Mount"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (PATH, "mnt-nas-documents.mount"),
        ("/srv/my-nas/a b", r"srv-my\x2dnas-a\x20b.mount"),
        ("/.nas/x/y.z_1:2", r"\x2enas-x-y.z_1:2.mount"),
        ("/mnt/nas/über", r"mnt-nas-\xc3\xbcber.mount"),
    ],
)
def test_the_name_is_the_one_systemd_wants(path: str, name: str) -> None:
    assert unit_name(path) == name
    if tool := shutil.which("systemd-escape"):
        done = subprocess.run(
            [tool, "--path", "--suffix=mount", path], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == name


@pytest.mark.parametrize("source", ["//nas/docs", "nas:/docs"])
def test_every_mount_is_read_only_and_runs_nothing(source: str) -> None:
    options = mount_section(unit_text(Share(parse(source)), PATH))["Options"].split(",")
    assert {"ro", "nosuid", "nodev", "noexec", "_netdev", "nofail", "soft"} <= set(options)


def test_the_password_is_in_a_file_and_not_in_the_unit() -> None:
    share = Share(parse("//nas/docs"), "3.0", Path("/secrets/nas-0a0b0c0d.credentials"))
    options = mount_section(unit_text(share, PATH))["Options"].split(",")
    assert {"credentials=/secrets/nas-0a0b0c0d.credentials", "vers=3.0"} <= set(options)
    assert not [
        option for option in options if option.startswith(("username", "password", "guest"))
    ]


def test_a_version_left_open_is_not_asked_for() -> None:
    text = unit_text(Share(parse("//nas/docs"), AUTO), PATH)
    assert "vers=" not in text
    assert mount_section(text)["Options"].endswith(",guest")


def test_an_ipv6_address_needs_no_resolver_and_no_brackets_with_cifs() -> None:
    section = mount_section(unit_text(Share(parse("//[fd00::7]/docs")), PATH))
    assert section["What"] == "//fd00::7/docs"
    assert "ip=fd00::7" in section["Options"].split(",")


def test_an_ipv6_address_keeps_its_brackets_with_nfs() -> None:
    section = mount_section(unit_text(Share(parse("[fd00::7]:/docs")), PATH))
    assert section["What"] == "[fd00::7]:/docs"
    assert "ip=" not in section["Options"]


def test_percent_signs_are_no_specifiers() -> None:
    section = mount_section(unit_text(Share(parse("//nas/100% docs")), "/mnt/nas/50%"))
    assert (section["What"], section["Where"]) == ("//nas/100%% docs", "/mnt/nas/50%%")


def test_it_is_known_as_ours_and_is_no_automount() -> None:
    text = unit_text(Share(parse("nas:/docs")), PATH)
    assert text.startswith(HEADER)
    assert "[Automount]" not in text
    assert "x-systemd.automount" not in text
    assert mount_section(text)["TimeoutSec"] == "15"
