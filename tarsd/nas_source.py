"""A share's address as an owner writes it: `//host/share/directory` (CIFS) or `host:/export` (NFS).

An IPv6 address is written in brackets with both, as in a URL (RFC 3986 3.2.2).
"""

import re
import shlex
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal

CIFS_VERSIONS = ("3.1.1", "3.0", "2.1", "2.0")
NFS_VERSIONS = ("4.2", "4.1", "4.0", "3")
AUTO = "auto"

Version = Literal["auto", "3.1.1", "3.0", "2.1", "2.0", "4.2", "4.1", "4.0", "3"]

_HOST = (
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\])"
)
# No comma: it would end one mount option and begin another. No backslash or quote: a unit file reads them its own way.
_PART = r"[^/\\,\"'\x00-\x1f\x7f\ud800-\udfff]+"
_CIFS = re.compile(rf"//{_HOST}/(?P<share>{_PART})(?P<below>(?:/{_PART})*)")
_NFS = re.compile(rf"{_HOST}:(?P<export>/(?:{_PART}(?:/{_PART})*)?)")

WANTED = (
    "must be //HOST/SHARE for a Windows share, such as //nas/documents, or HOST:/EXPORT for NFS; "
    "an IPv6 address goes in brackets: //[fd00::5]/documents"
)

LINK_LOCAL = (
    "must not begin with a link-local address (fe80::): that means another machine on each network card; "
    "give the NAS's name or its other address"
)


@dataclass(frozen=True)
class Source:
    """`share` is a CIFS share's name, or an NFS export's path; `below` the directory within a CIFS share.

    `host` is a name or an address without brackets.
    """

    text: str
    kind: Literal["cifs", "nfs"]
    host: str
    share: str
    below: str = ""

    @property
    def is_ipv6(self) -> bool:
        """Whether the host is an IPv6 address."""
        return ":" in self.host

    @property
    def device(self) -> str:
        """What mount(8) is to mount. mount.cifs knows no brackets: all before the first slash is the host, up to the name
        that the server and its DNS are asked about (cifs-utils 7.4, parse_unc); mount.nfs insists on them."""
        if self.kind == "cifs" and self.is_ipv6:
            return self.text.replace(f"[{self.host}]", self.host, 1)
        return self.text

    @property
    def typed(self) -> str:
        """As it is typed at a shell."""
        return shlex.quote(self.text)

    def beside(self, share: str) -> str:
        """Another share of the same host, as it is typed at a shell."""
        host = f"[{self.host}]" if self.is_ipv6 else self.host
        return shlex.quote(f"//{host}/{share}" if self.kind == "cifs" else f"{host}:{share}")

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
    if found := _CIFS.fullmatch(text):
        return Source(text, "cifs", _host(found), found["share"], found["below"].strip("/"))
    if found := _NFS.fullmatch(text):
        return Source(text, "nfs", _host(found), found["export"])
    raise ValueError(WANTED)


def _host(found: re.Match[str]) -> str:
    host = found["host"]
    if not host.startswith("["):
        return host
    literal = host.strip("[]")
    try:
        address = IPv6Address(literal)
    except ValueError:
        raise ValueError(WANTED) from None
    if address.is_link_local or address.scope_id:
        raise ValueError(LINK_LOCAL)
    return literal


def check_version(source: Source, version: str) -> None:
    """Raises ValueError for a version of the other protocol."""
    if version not in (AUTO, *source.versions):
        raise ValueError(
            f"must be {AUTO} or one of {', '.join(source.versions)} for {source.kind.upper()}"
        )
