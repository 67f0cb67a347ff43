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
        "smb://nas/docs", "//user@nas/docs", "//[fd00::7]/docs", '//nas/a"b', "//nas/\ud800",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="such as //nas/documents"):
        parse(text)


@given(st.text())
def test_whatever_is_taken_is_one_option_and_one_line(text: str) -> None:
    for candidate in (f"//nas/{text}", f"nas:/{text}"):
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
