"""The first words of both protocols: enough to know a file server from anything else that listens on its port."""

import struct
from collections.abc import Sequence
from typing import Literal

SMB2_DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302)
"""MS-SMB2 2.2.3. Without 3.1.1, which wants negotiate contexts: a server that speaks only that refuses in SMB 2 words,
which is answer enough."""

NFS_PROGRAM = 100003
_CALL, _REPLY, _ACCEPTED, _SUCCESS, _MISMATCH = 0, 1, 0, 0, 2
_XID = 0x74617273

Speaks = Literal["smb2", "smb1", "other"]


def smb2_hello() -> bytes:
    """An SMB 2 negotiation (MS-SMB2 2.2.1.2, 2.2.3) in its NetBIOS frame."""
    header = struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, b"")
    body = struct.pack("<HHHHI16sQ", 36, len(SMB2_DIALECTS), 1, 0, 0, b"tars-home".ljust(16), 0)
    return _framed(header + body + struct.pack(f"<{len(SMB2_DIALECTS)}H", *SMB2_DIALECTS))


def smb1_hello() -> bytes:
    """An SMB 1 negotiation (MS-CIFS 2.2.4.52), for servers that know nothing newer."""
    header = struct.pack(
        "<4sBIBHH8sHHHHH", b"\xffSMB", 0x72, 0, 0x18, 0x2801, 0, b"", 0, 0, 1, 0, 1
    )
    dialects = b"\x02NT LM 0.12\x00"
    return _framed(header + struct.pack("<BH", 0, len(dialects)) + dialects)


def smb_answer(answer: bytes) -> Speaks:
    """What the one who answered speaks."""
    return {b"\xfeSMB": "smb2", b"\xffSMB": "smb1"}.get(answer[4:8], "other")  # type: ignore[return-value]


def nfs_hello(version: int) -> bytes:
    """NFS's NULL procedure over TCP (RFC 5531 sections 9 and 11)."""
    call = struct.pack(">10I", _XID, _CALL, 2, NFS_PROGRAM, version, 0, 0, 0, 0, 0)
    return struct.pack(">I", 0x80000000 | len(call)) + call


def nfs_answer(answer: bytes, asked: int) -> Sequence[int] | None:
    """The major versions that are known to be served: the one asked for, or the range the server names instead.

    None where this is no NFS server.
    """
    if len(answer) < 28:
        return None
    xid, kind, reply = struct.unpack_from(">3I", answer, 4)
    if (xid, kind, reply) != (_XID, _REPLY, _ACCEPTED):
        return None
    state = struct.unpack_from(">I", answer, 24)[0]
    if state == _SUCCESS:
        return [asked]
    if state == _MISMATCH and len(answer) >= 36:
        low, high = struct.unpack_from(">2I", answer, 28)
        return list(range(low, min(high, low + 9) + 1))
    return []


def _framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message
