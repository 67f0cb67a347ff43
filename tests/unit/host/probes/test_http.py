"""HTTP services asked for JSON; whatever else answers on their port is their failure, told in one line, in time."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import MOST_BYTES, Address
from tarsd.host.http import HttpSession
from tarsd.host.probes.expect import CHROMA_HEARTBEAT, OLLAMA_VERSION, WEBUI_READY, Expectation
from tarsd.host.probes.http import HttpProbe
from tests.unit.host.probes.conftest import Fails
from tests.unit.host.probes.server import Server, Talk, close, hang, repeats, says

Ask = Callable[[], HttpProbe]
JSON = Expectation()


def http(
    body: bytes = b"{}", status: str = "200 OK", kind: str = "application/json", more: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def session() -> AsyncIterator[HttpSession]:
    made = HttpSession()
    yield made
    await made.close()


@pytest.fixture
def probe(server: Server, session: HttpSession) -> HttpProbe:
    return HttpProbe(session, server.address, "/health?x=1", JSON)


async def test_one_that_works(server: Server, probe: HttpProbe) -> None:
    server.talk = says(http())
    assert 0 <= await probe.ask() < 1
    head = server.received.decode()
    assert head.startswith("GET /health?x=1 HTTP/1.1\r\n")
    assert f"Host: {server.address}\r\n" in head
    assert "cookie" not in head.lower()


async def test_each_question_has_a_connection_of_its_own(server: Server, probe: HttpProbe) -> None:
    server.talk = says(http(more="Set-Cookie: a=b\r\n"))
    await probe.ask()
    await probe.ask()
    assert server.connections == 2
    assert "cookie" not in server.received.decode().lower()


@pytest.mark.parametrize(
    ("expect", "answer"),
    [
        (OLLAMA_VERSION, {"version": "0.32.15"}),
        (CHROMA_HEARTBEAT, {"nanosecond heartbeat": 1784993484444858699}),
        (WEBUI_READY, {"status": True}),
        (Expectation(key="state", value="ok"), {"state": "ok", "more": [1]}),
        (JSON, [1, 2]),
        (JSON, None),
    ],
)
async def test_what_is_expected_passes(
    server: Server, session: HttpSession, expect: Expectation, answer: object
) -> None:
    server.talk = says(http(json.dumps(answer).encode(), kind="application/json; charset=utf-8"))
    await HttpProbe(session, server.address, "/", expect).ask()


@pytest.mark.parametrize(
    ("expect", "answer"),
    [
        (OLLAMA_VERSION, {}),
        (OLLAMA_VERSION, ["version"]),
        (OLLAMA_VERSION, "version"),
        (CHROMA_HEARTBEAT, {"error": "Unimplemented"}),
        (WEBUI_READY, {"status": False}),
        (WEBUI_READY, {"status": 1}),
        (WEBUI_READY, {"status": None}),
        (Expectation(key="state", value="ok"), {"state": "x" * 999}),
    ],
)
async def test_other_json_does_not(
    server: Server, session: HttpSession, fails: Fails, expect: Expectation, answer: object
) -> None:
    server.talk = says(http(json.dumps(answer).encode()))
    assert (await fails(HttpProbe(session, server.address, "/", expect))).why == "sick"


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        ("503 Service Unavailable", b'{"status": false, "detail": "database"}', "application/json",
         '/health?x=1 answers HTTP 503: {"status": false, "detail": "database"}'),
        ("500 Internal Server Error", b"<html>\n<h1>Oops</h1>", "text/html",
         "/health?x=1 answers HTTP 500"),
        ("404 Not Found", b"404 page\nnot found", "text/plain",
         "/health?x=1 answers HTTP 404: 404 page not found"),
        ("410 Gone", b"", "application/json", "/health?x=1 answers HTTP 410"),
        ("204 No Content", b"", "application/json", "/health?x=1 answers HTTP 204"),
    ],
)  # fmt: skip
async def test_another_status_is_told_with_its_words(
    server: Server, probe: HttpProbe, fails: Fails, status: str, body: bytes, kind: str, said: str
) -> None:
    server.talk = says(http(body, status, kind))
    error = await fails(probe)
    assert (error.why, error.reason) == ("sick", said)


async def test_a_status_may_be_all_that_is_asked_for(
    server: Server, session: HttpSession, fails: Fails
) -> None:
    server.talk = says(b"HTTP/1.1 204 No Content\r\n\r\n")
    await HttpProbe(session, server.address, "/", Expectation(status=204, json=False)).ask()
    await fails(HttpProbe(session, server.address, "/", Expectation(status=200, json=False)))


async def test_a_redirect_is_not_followed(server: Server, probe: HttpProbe, fails: Fails) -> None:
    server.talk = says(f"HTTP/1.1 302 Found\r\nLocation: http://{server.address}/\r\n\r\n".encode())
    assert "HTTP 302" in (await fails(probe)).reason
    assert server.connections == 1


async def test_a_bad_status_whose_words_do_not_come_is_told_without_them(
    server: Server, probe: HttpProbe, fails: Fails, clock: Callable[[], float]
) -> None:
    head = b"HTTP/1.1 503 X\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    server.talk = says(head, then_hangs=True)
    began = clock()
    assert (await fails(probe)).reason == "/health?x=1 answers HTTP 503"
    assert clock() - began < 2


FOREIGN: dict[str, Talk] = {
    "HTML with a 200": says(http(b"<!doctype html>", kind="text/html; charset=utf-8")),
    "JSON called HTML": says(http(kind="text/html")),
    "no type": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "a strange type": says(http(kind="application/\x7f; ;;")),
    "UTF-16": says(http("{}".encode("utf-16"), kind="application/json; charset=utf-16")),
    "an unknown charset": says(http(kind="application/json; charset=klingon")),
    "bytes that are no UTF-8": says(http(b'"\xff\xfe"')),
    "broken JSON": says(http(b'{"a": ')),
    "nothing": says(http(b"")),
    "deep JSON": says(http(b"[" * 60_000)),
    "a number of 60,000 digits": says(http(b"9" * 60_000)),
    "a huge answer": says(http(b'"' + b"x" * (MOST_BYTES + 1) + b'"')),
    "a huge length": repeats(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
        b" " * 4096,
    ),
    "endless chunks": repeats(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "gzip": says(http(b"\x1f\x8bxxxx", more="Content-Encoding: gzip\r\n")),
    "a strange chunk size": says(CHUNKED + b"lots\r\n{}"),
    "endless headers": repeats(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096),
    "many headers": repeats(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 500),
    "a strange status": says(b"HTTP/1.1 OK 200\r\n\r\n"),
    "SSH": says(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "TLS": says(b"\x15\x03\x03\x00\x02\x02\x46"),
    "Redis": says(b"-ERR unknown command 'GET'\r\n"),
    "PostgreSQL": says(b"E\0\0\0\x08SFATAL\0"),
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_what_is_not_expected_json_over_http(
    server: Server, probe: HttpProbe, fails: Fails, what: str
) -> None:
    server.talk = FOREIGN[what]
    assert (await fails(probe)).why == "foreign"


@pytest.mark.parametrize(
    ("talk", "why"),
    [
        (hang, "silent"),
        (says(http(b"{}")[:-1], then_hangs=True), "silent"),
        (repeats(CHUNKED, b"1\r\n \r\n", pause=0.3), "silent"),
        (repeats(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=0.3), "silent"),
        (repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.3), "silent"),
        (close, "closed"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Le"), "closed"),
        (says(http(b"{}")[:-1]), "closed"),
        (says(CHUNKED + b"40\r\n{"), "closed"),
        (says(CHUNKED + b"2\r\n{}\r\n"), "closed"),
    ],
)
async def test_one_that_hangs_drips_or_gives_up(
    server: Server, probe: HttpProbe, fails: Fails, talk: Talk, why: str
) -> None:
    server.talk = talk
    assert (await fails(probe)).why == why


async def test_it_says_that_it_met_tls(server: Server, probe: HttpProbe, fails: Fails) -> None:
    server.talk = says(b"\x15\x03\x01\x00\x02\x02\x46")
    assert (await fails(probe)).reason == "it does not speak HTTP: it speaks TLS"


async def test_nothing_listens(server: Server, probe: HttpProbe, fails: Fails) -> None:
    await server.stop()
    error = await fails(probe)
    assert (error.why, error.reason) == ("refused", f"nothing listens at {server.address}")


async def test_an_address_of_version_6(session: HttpSession) -> None:
    server = Server()
    await server.start("::1")
    server.talk = says(http())
    await HttpProbe(session, server.address, "/", JSON).ask()
    await server.stop()


async def test_addresses_are_not_looked_up_and_proxies_not_used(
    server: Server, session: HttpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    looked_up: list[object] = []

    def look_up(*asked: object, **_: object) -> None:
        looked_up.append(asked)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.talk = says(http())
    await HttpProbe(session, server.address, "/", JSON).ask()
    assert looked_up == []


async def test_after_close_it_opens_again(server: Server, probe: HttpProbe) -> None:
    server.talk = says(http())
    await probe.ask()
    await probe.session.close()
    await probe.ask()


async def test_many_at_once_do_not_wait_for_each_other(
    server: Server, session: HttpSession, clock: Callable[[], float]
) -> None:
    server.talk = hang
    began = clock()
    probes = [HttpProbe(session, server.address, f"/{it}", JSON) for it in range(150)]
    found = await asyncio.gather(*(probe.ask() for probe in probes), return_exceptions=True)
    assert {type(it) for it in found} == {ProbeFailed}
    assert clock() - began < 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", CHUNKED])
)
async def test_no_answer_whatever_breaks_it(
    server: Server, probe: HttpProbe, answer: bytes, begin: bytes
) -> None:
    server.talk = says(begin + answer)
    with pytest.raises(ProbeFailed):
        await probe.ask()


def test_an_address_is_written_as_in_a_url() -> None:
    assert str(Address("::1", 80)) == "[::1]:80"
    assert str(Address("127.0.0.1", 80)) == "127.0.0.1:80"
