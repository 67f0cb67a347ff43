"""The way to a file server: its name, its port, its protocol, each with a deadline. For jobs: it blocks."""

import errno
import shlex
import threading
from collections.abc import Sequence

from tarsd.host.dial import Unresolved, connect, look_up
from tarsd.host.nas import nfs_refusals, wire
from tarsd.host.nas.refusal import Refusal, slow
from tarsd.host.nas.share import Share
from tarsd.nas_source import Source

NAME_SECONDS = 8.0
"""For the resolver, which asks each of up to three servers for 5 s by default (resolv.conf(5))."""
CONNECT_SECONDS = 5.0
"""For each address."""
ANSWER_SECONDS = 6.0
PORTMAPPER = 111


def name_of_server(source: Source) -> tuple[Sequence[str], Refusal | None]:
    """The server's addresses, in the order in which they are to be tried."""
    found: list[str] = []
    failed: list[str] = ["the name servers do not answer"]

    def ask() -> None:
        try:
            found.extend(look_up(source.host, source.port))
        except Unresolved as error:
            failed[0] = str(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(NAME_SECONDS)
    if found:
        return found, None
    return [], Refusal(
        "name",
        f"cannot find {source.host}: {failed[0]}",
        f"check the name with: getent hosts {source.host}; or give the NAS's address instead: "
        f"sudo tarsctl nas setup {shlex.quote(source.text.replace(source.host, '192.168.1.10', 1))}",
    )


def server_speaks(share: Share, addresses: Sequence[str]) -> tuple[str, Refusal | None]:
    """The protocol in words."""
    return _nfs(share, addresses) if share.source.kind == "nfs" else _smb(share.source, addresses)


def no_port(source: Source, port: int, error: OSError) -> Refusal:
    """The port does not open, and what that means."""
    known = {445: "SMB (Windows file sharing)", 2049: "NFS", PORTMAPPER: "NFS 3 (portmapper)"}
    service = known.get(port, source.kind.upper())
    if isinstance(error, ConnectionRefusedError):
        why = f"it refuses connections to port {port}: {service} is not running there"
        fix = f"switch {service} on in the NAS's settings"
    elif isinstance(error, TimeoutError):
        why = f"port {port} does not answer: the machine is off, or a firewall drops the connection"
        fix = f"switch the NAS on; let port {port} through its firewall"
    elif error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN):
        why = "there is no way to it: it is off, or in a network that this machine does not reach"
        fix = f"ping {source.host}; ip route"
    else:
        why, fix = f"port {port}: {error.strerror or error}", f"ping {source.host}"
    return Refusal("port", f"cannot reach {source.host}: {why}", f"{fix}; then try again")


def _smb(source: Source, addresses: Sequence[str]) -> tuple[str, Refusal | None]:
    try:
        answer = _exchange(addresses, source.port, wire.smb2_hello())
        if not answer:
            answer = _exchange(addresses, source.port, wire.smb1_hello())
    except _Silent:
        return "", slow(source, "say a word after the connection", ANSWER_SECONDS)
    except OSError as error:
        return "", no_port(source, source.port, error)
    spoken = wire.smb_answer(answer)
    if spoken == "smb2":
        return "SMB 2 or 3", None
    if spoken == "smb1":
        return "", Refusal(
            "version",
            f"cannot mount {source.text}: {source.host} speaks SMB 1 only, which is unsafe and not used here",
            "switch SMB 2 or 3 on in the NAS's settings",
        )
    return "", _no_server(source, "SMB")


def _nfs(share: Share, addresses: Sequence[str]) -> tuple[str, Refusal | None]:
    source = share.source
    wanted = 3 if share.version == "3" else 4
    try:
        served = wire.nfs_answer(_exchange(addresses, source.port, wire.nfs_hello(wanted)), wanted)
    except _Silent:
        return "", slow(source, "say a word after the connection", ANSWER_SECONDS)
    except OSError as error:
        return "", no_port(source, source.port, error)
    if served is None:
        return "", _no_server(source, "NFS")
    if share.version == "auto" and 4 not in served and 3 in served:
        wanted = 3
    if wanted not in served:
        return "", nfs_refusals.version(share, [str(each) for each in served])
    if wanted == 3:
        try:
            connect(addresses, PORTMAPPER, CONNECT_SECONDS).close()
        except OSError as error:
            return "", no_port(source, PORTMAPPER, error)
    return f"NFS {wanted}", None


class _Silent(Exception):
    """Connected, and then not a word."""


def _exchange(addresses: Sequence[str], port: int, hello: bytes) -> bytes:
    """The beginning of the answer; empty where the server hangs up."""
    with connect(addresses, port, CONNECT_SECONDS) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.sendall(hello)
            return connection.recv(4096)
        except TimeoutError as error:
            raise _Silent from error
        except ConnectionError:
            return b""


def _no_server(source: Source, protocol: str) -> Refusal:
    return Refusal(
        "not-a-file-server",
        f"cannot mount {source.text}: something answers on port {source.port} of {source.host}, but it does not speak "
        f"{protocol}",
        f"check the address: is {source.host} the NAS?",
    )
