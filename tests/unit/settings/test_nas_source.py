"""A share's address: what is one, what is not, and nothing in it that a mount option or a unit file would read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.nas_source import check_version, parse


@pytest.mark.parametrize(
    ("text", "kind", "host", "share", "below"),
    [
        ("//nas/docs", "cifs", "nas", "docs", ""),
        ("//nas.lan/My Documents/2024/tax", "cifs", "nas.lan", "My Documents", "2024/tax"),
        ("//192.168.1.10/Größe$", "cifs", "192.168.1.10", "Größe$", ""),
        ("nas:/export/docs", "nfs", "nas", "/export/docs", ""),
        ("nas:/", "nfs", "nas", "/", ""),
        ("[fd00::7]:/docs", "nfs", "fd00::7", "/docs", ""),
        ("//[fd00::7]/docs/2024", "cifs", "fd00::7", "docs", "2024"),
        ("//[::ffff:192.168.1.10]/docs", "cifs", "::ffff:192.168.1.10", "docs", ""),
    ],
)
def test_what_is_a_share(text: str, kind: str, host: str, share: str, below: str) -> None:
    found = parse(text)
    assert (found.kind, found.host, found.share, found.below) == (kind, host, share, below)


@pytest.mark.parametrize(
    "text",
    [
        "", "nas", "nas/docs", "//nas", "//nas/", "//nas/docs/", "///docs", "//-nas/docs", "\\\\nas\\docs",
        "//nas/docs,exec", "//nas/a\nb", "//nas/docs ", "//nas/../etc", "nas:export", "nas:/a//b", "nas:/a,b",
        "smb://nas/docs", "//user@nas/docs", '//nas/a"b', "//nas/\ud800",
        "//fd00::7/docs", "fd00::7:/docs", "//[nas]/docs", "//[192.168.1.10]/docs", "[1:2]:/docs",
        "//[fd00::7/docs", "//[]/docs",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="such as //nas/documents"):
        parse(text)


@pytest.mark.parametrize("text", ["//[fe80::7]/docs", "[fe80::7%eth0]:/docs", "//[fe80::7%2]/docs"])
def test_an_address_that_is_another_machine_on_each_card(text: str) -> None:
    with pytest.raises(ValueError, match="link-local"):
        parse(text)


def test_what_is_mounted_is_written_as_each_program_reads_it() -> None:
    """mount.cifs takes all before the slash for the host, mount.nfs all before the first colon."""
    assert parse("//[fd00::7]/docs/[a]").device == "//fd00::7/docs/[a]"
    assert parse("[fd00::7]:/docs").device == "[fd00::7]:/docs"
    assert parse("//nas/docs").device == "//nas/docs"


def test_what_is_to_be_typed_survives_the_shell() -> None:
    assert parse("//nas/docs").typed == "//nas/docs"
    assert parse("//nas/My Documents").typed == "'//nas/My Documents'"
    assert parse("//[fd00::7]/docs").beside("music") == "'//[fd00::7]/music'"
    assert parse("[fd00::7]:/docs").beside("/music") == "'[fd00::7]:/music'"


@given(st.text())
def test_whatever_is_taken_is_one_option_and_one_line(text: str) -> None:
    for candidate in (f"//nas/{text}", f"nas:/{text}", f"//[{text}]/docs", f"[{text}]:/docs"):
        try:
            found = parse(candidate)
        except ValueError:
            continue
        assert not set(found.text) & set(",\n\r\x00\\\"'")


def test_versions_belong_to_their_protocol() -> None:
    check_version(parse("//nas/docs"), "3.1.1")
    check_version(parse("nas:/docs"), "auto")
    with pytest.raises(ValueError, match=r"4\.2, 4\.1, 4\.0, 3 for NFS"):
        check_version(parse("nas:/docs"), "3.1.1")
