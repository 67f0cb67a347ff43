"""A file server is known by its own words; anything else that listens on the port is not one."""

import struct

import pytest

from tarsd.host.nas import wire

XID = 0x74617273


def reply(*words: int) -> bytes:
    body = struct.pack(f">{len(words)}I", *words)
    return struct.pack(">I", 0x80000000 | len(body)) + body


def test_the_hello_of_smb_2_is_well_formed() -> None:
    hello = wire.smb2_hello()
    assert struct.unpack(">I", hello[:4])[0] == len(hello) - 4
    assert hello[4:8] == b"\xfeSMB"
    assert len(hello) == 4 + 64 + 36 + 2 * len(wire.SMB2_DIALECTS)


def test_the_hello_of_smb_1_is_well_formed() -> None:
    hello = wire.smb1_hello()
    assert struct.unpack(">I", hello[:4])[0] == len(hello) - 4
    assert len(hello) == 4 + 32 + 3 + len(b"\x02NT LM 0.12\x00")


@pytest.mark.parametrize(
    ("answer", "spoken"),
    [
        (b"\x00\x00\x00\x40\xfeSMB" + bytes(60), "smb2"),
        (b"\x00\x00\x00\x40\xffSMB" + bytes(60), "smb1"),
        (b"SSH-2.0-OpenSSH_10.0\r\n", "other"),
        (b"HTTP/1.1 400 Bad Request\r\n", "other"),
        (b"", "other"),
        (b"\x83\x00\x00\x01\x8f", "other"),
    ],
)
def test_who_speaks_smb(answer: bytes, spoken: str) -> None:
    assert wire.smb_answer(answer) == spoken


@pytest.mark.parametrize(
    ("answer", "versions"),
    [
        (reply(XID, 1, 0, 0, 0, 0), [4]),
        (reply(XID, 1, 0, 0, 0, 2, 3, 3), [3]),
        (reply(XID, 1, 0, 0, 0, 2, 2, 0xFFFFFFFF), list(range(2, 12))),
        (reply(XID, 1, 0, 0, 0, 2), []),
        (reply(XID, 1, 0, 0, 0, 1), []),
        (reply(XID, 1, 1, 0, 0, 0), None),
        (reply(1, 1, 0, 0, 0, 0), None),
        (b"SSH-2.0-OpenSSH_10.0 Debian-5\r\n", None),
        (b"", None),
    ],
    ids=["served", "only 3", "absurd", "cut", "no such program", "denied", "not to us", "ssh", "nothing"],
)  # fmt: skip
def test_who_speaks_nfs_and_which_versions(answer: bytes, versions: list[int] | None) -> None:
    assert wire.nfs_answer(answer, 4) == versions
