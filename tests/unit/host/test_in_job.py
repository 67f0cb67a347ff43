"""What the jobs themselves look at: sockets with their owners, names and ports. Sockets of this test only."""

import os
import socket
import threading

import pytest

from tarsd.host.in_job import listeners, reach
from tarsd.host.in_job.placed import placed

ID = "0f" * 32


@pytest.mark.parametrize(
    ("cgroup", "unit", "container"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service", None),
        ("0::/system.slice/a.service/b.service\n", "b.service", None),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n", None, None),
        ("0::/user.slice/user-0.slice/session-3.scope\n", None, None),
        (f"0::/system.slice/docker-{ID}.scope\n", None, ID),
        (f"12:pids:/docker/{ID}\n1:name=systemd:/docker/{ID}\n", None, ID),
        ("12:pids:/\n1:name=systemd:/system.slice/nginx.service\n", "nginx.service", None),
        ("0::/\n", None, None),
        ("", None, None),
    ],
)
def test_where_a_process_belongs(cgroup: str, unit: str | None, container: str | None) -> None:
    assert placed(cgroup) == (unit, container)


def test_a_listening_socket_is_seen_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (row,) = [it for it in listeners.answer(None) if it["port"] == port]
    assert (row["address"], row["pid"]) == ("127.0.0.1", os.getpid())
    assert row["command"]
    assert not [it for it in listeners.answer(None) if it["port"] == port]


def test_ports_that_answer_and_that_do_not_in_the_order_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = server.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as other:
            gone = other.getsockname()[1]
        found = reach.answer([("127.0.0.1", gone), ("127.0.0.1", there)])
    assert found == [
        {"unresolved": None, "unreached": "connection refused"},
        {"unresolved": None, "unreached": None},
    ]


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    (row,) = reach.answer([("registry.invalid", 443)])
    assert row == {"unresolved": "Name or service not known", "unreached": None}


def test_what_is_no_name_does_not_harm_the_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        bad, good = reach.answer([("x" * 70 + ".invalid", 443), ("127.0.0.1", port)])
    assert bad["unresolved"]
    assert good == {"unresolved": None, "unreached": None}


def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(reach, "RESOLVING", 0.1)
    monkeypatch.setattr(reach, "CONNECTING", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    (row,) = reach.answer([("slow.invalid", 443)])
    over.set()
    assert row["unresolved"] == "no answer within 0 s"
