"""The way to a file server, against sockets that behave as servers and their failures do."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tarsd.host.nas import network
from tarsd.host.nas.share import Share
from tarsd.nas_source import Source, parse

CIFS, NFS = Share(parse("//nas/docs")), Share(parse("nas:/docs"))


@contextmanager
def server(*answers: bytes | None) -> Generator[int]:
    """Answers one connection after the other: with bytes, by hanging up (empty), or not at all (None)."""
    open_: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                open_.append(connection)
                connection.recv(4096)
                if answer is not None:
                    connection.sendall(answer)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
    for connection in open_:
        connection.close()


def asked(share: Share, port: int, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str | None]:
    monkeypatch.setattr(network, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(Source, "port", port)
    said, problem = network.server_speaks(share, ["127.0.0.1"])
    return said, problem.reason if problem else None


SMB2, SMB1 = b"\0\0\0\x40\xfeSMB" + bytes(60), b"\0\0\0\x40\xffSMB" + bytes(60)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((SMB2,), None),
        ((b"", SMB1), "version"),
        ((b"", b""), "not-a-file-server"),
        ((b"SSH-2.0-OpenSSH_10.0\r\n",), "not-a-file-server"),
        ((None,), "slow"),
    ],
    ids=["smb 3", "smb 1 only", "hangs up", "ssh", "frozen"],
)
def test_who_answers_for_a_windows_share(
    answers: tuple[bytes | None, ...], reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(*answers) as port:
        assert asked(CIFS, port, monkeypatch)[1] == reason


@pytest.mark.parametrize(
    ("answer", "version", "reason"),
    [
        ("80000018 74617273 00000001 00000000 00000000 00000000 00000000", "auto", None),
        ("80000020 74617273 00000001 00000000 00000000 00000000 00000002 00000002 00000002", "auto", "version"),
        ("80000020 74617273 00000001 00000000 00000000 00000000 00000002 00000003 00000003", "4.2", "version"),
        ("485454502f312e31", "auto", "not-a-file-server"),
    ],
    ids=["4", "2 only", "3 only", "http"],
)  # fmt: skip
def test_who_answers_for_an_nfs_export(
    answer: str, version: str, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(bytes.fromhex(answer)) as port:
        assert asked(replace(NFS, version=version), port, monkeypatch)[1] == reason


def test_a_server_that_listens_on_its_second_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A NAS with an IPv6 address in the name servers and SMB on IPv4."""
    monkeypatch.setattr(Source, "port", 0)
    with server(SMB2) as port:
        monkeypatch.setattr(Source, "port", port)
        said, problem = network.server_speaks(CIFS, ["127.0.0.2", "::1", "127.0.0.1"])
    assert (said, problem) == ("SMB 2 or 3", None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "x"), "is not running there"),
        (TimeoutError(), "off, or a firewall"),
        (OSError(113, "No route to host"), "there is no way to it"),
        (OSError(99, "Cannot assign requested address"), "Cannot assign"),
    ],
)
def test_a_port_that_does_not_open_says_which_way(error: OSError, words: str) -> None:
    found = network.no_port(CIFS.source, 445, error)
    assert found.reason == "port"
    assert words in found.message


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    _, problem = network.name_of_server(CIFS.source)
    assert problem is not None
    assert (problem.reason, problem.message) == (
        "name",
        "cannot find nas: Name or service not known",
    )


def test_name_servers_that_are_silent_do_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    enough = threading.Event()

    def silent(*_: object, **__: object) -> None:
        enough.wait(10)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(network, "NAME_SECONDS", 0.1)
    _, problem = network.name_of_server(CIFS.source)
    assert problem is not None
    enough.set()
    assert "do not answer" in problem.message
