"""A share's address as an owner writes it: `//host/share/directory` (CIFS) or `host:/export` (NFS)."""

import re
from dataclasses import dataclass
from typing import Literal

CIFS_VERSIONS = ("3.1.1", "3.0", "2.1", "2.0")
NFS_VERSIONS = ("4.2", "4.1", "4.0", "3")
AUTO = "auto"

Version = Literal["auto", "3.1.1", "3.0", "2.1", "2.0", "4.2", "4.1", "4.0", "3"]

_HOST = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
# No comma: it would end one mount option and begin another. No backslash or quote: a unit file reads them its own way.
_PART = r"[^/\\,\"'\x00-\x1f\x7f\ud800-\udfff]+"
_CIFS = re.compile(rf"//{_HOST}/(?P<share>{_PART})(?P<below>(?:/{_PART})*)")
_NFS = re.compile(rf"{_HOST}:(?P<export>/(?:{_PART}(?:/{_PART})*)?)")

WANTED = (
    "must be //HOST/SHARE for a Windows share, such as //nas/documents, or HOST:/EXPORT for NFS"
)


@dataclass(frozen=True)
class Source:
    """`share` is a CIFS share's name, or an NFS export's path; `below` the directory within a CIFS share."""

    text: str
    kind: Literal["cifs", "nfs"]
    host: str
    share: str
    below: str = ""

    @property
    def port(self) -> int:
        """The server's TCP port: IANA's microsoft-ds, and RFC 7530 3.1's for NFS."""
        return 445 if self.kind == "cifs" else 2049

    @property
    def versions(self) -> tuple[str, ...]:
        """The protocol versions that can be asked for."""
        return CIFS_VERSIONS if self.kind == "cifs" else NFS_VERSIONS


def parse(text: str) -> Source:
    """Raises ValueError with what is wanted."""
    if text != text.strip() or ".." in text.split("/"):
        raise ValueError(WANTED)
    if (found := _CIFS.fullmatch(text)) and not found["host"].startswith("["):
        return Source(text, "cifs", found["host"], found["share"], found["below"].strip("/"))
    if found := _NFS.fullmatch(text):
        return Source(text, "nfs", found["host"].strip("[]"), found["export"])
    raise ValueError(WANTED)


def check_version(source: Source, version: str) -> None:
    """Raises ValueError for a version of the other protocol."""
    if version not in (AUTO, *source.versions):
        raise ValueError(
            f"must be {AUTO} or one of {', '.join(source.versions)} for {source.kind.upper()}"
        )
