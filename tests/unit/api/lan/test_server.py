"""What reaches the LAN listener, and what it says: names first, then who asks, then what he may."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable

import aiohttp
import pytest

from tarsd.api.lan import listener, protocol
from tarsd.api.lan.headers import HEADERS
from tarsd.api.lan.intake import BODY_LIMIT
from tests.unit.api.lan.world import LanWorld, certificates, contexts

HEAD = b"Host: attic.local\r\n"


async def test_everybody_may_ask_whether_it_lives(lan: LanWorld) -> None:
    said = await lan.ask("GET", "/healthz")
    assert (said.status, said.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/look", "/fail"])
async def test_every_answer_has_the_strict_headers_and_no_version(lan: LanWorld, path: str) -> None:
    said = await lan.ask("GET", path)
    assert {name: said.headers[name] for name in HEADERS} == HEADERS
    assert "aiohttp" not in str(said.headers)
    assert not [name for name in said.headers if name.startswith("Access-Control")]


async def test_who_is_not_signed_in_is_told_so(lan: LanWorld) -> None:
    said = await lan.ask("GET", "/look")
    assert (said.status, said.error["kind"]) == (401, "not-signed-in")
    assert said.headers["WWW-Authenticate"] == "Bearer"
    assert lan.gate.refusals == ["not-signed-in"]


async def test_a_role_that_does_not_reach(lan: LanWorld) -> None:
    said = await lan.ask("GET", "/look", "metrics")
    assert (said.status, said.error["kind"]) == (403, "not-allowed")


async def test_a_token_that_is_wrong_does_not_close_what_is_open(lan: LanWorld) -> None:
    assert (await lan.ask("GET", "/healthz", "nonsense")).status == 200
    assert (await lan.ask("GET", "/look", "nonsense")).status == 401


async def test_a_name_in_the_path(lan: LanWorld) -> None:
    said = await lan.ask("GET", "/words/%C3%BCber%20x", "viewer")
    assert said.json == {"who": "viewer", "words": "über x"}


async def test_the_head_alone(lan: LanWorld) -> None:
    said = await lan.ask("HEAD", "/healthz")
    assert (said.status, said.text, said.headers["Content-Length"]) == (200, "", "15")


@pytest.mark.parametrize(
    "host", ["evil.example", "attic.local.evil.example", "10.0.0.9", "0x7f000001", "127.1"]
)
async def test_a_host_that_is_not_this_machine(lan: LanWorld, host: str) -> None:
    said = await lan.ask("GET", "/healthz", headers={"Host": host})
    assert (said.status, said.error["kind"]) == (421, "wrong-host")


@pytest.mark.parametrize("host", ["attic", "ATTIC.local", "attic.local.", "attic.local:9443"])
async def test_the_names_of_this_machine(lan: LanWorld, host: str) -> None:
    assert (await lan.ask("GET", "/healthz", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["", "a b", "attic/..", "attic@evil", "attic:99:99", "[::1", "x" * 300]
)
async def test_a_host_that_is_none(lan: LanWorld, host: str) -> None:
    answer = await lan.raw(
        b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: %s\r\n\r\n" % host.encode()
    )
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"Server: tarsd\r\n" in answer


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://attic", "https://attic:1"]
)
@pytest.mark.parametrize("path", ["/healthz", "/look"])
async def test_another_sites_page(lan: LanWorld, origin: str, path: str) -> None:
    said = await lan.ask("GET", path, "viewer", headers={"Host": "attic", "Origin": origin})
    assert (said.status, said.error["kind"]) == (403, "wrong-origin")


async def test_a_page_of_its_own(lan: LanWorld) -> None:
    headers = {"Host": "attic:8443", "Origin": "https://Attic:8443"}
    assert (await lan.ask("GET", "/look", "viewer", headers=headers)).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_a_method_that_a_route_has_not(lan: LanWorld, method: str) -> None:
    said = await lan.ask(method, "/look", "viewer")
    assert (said.status, said.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd",
        "/words/../look",
        "/words/..%2f..%2fetc%2fpasswd/x",
        "//look",
        "/look/",
        "/%6cook",
        "/static/%2e%2e/%2e%2e/etc/shadow",
        "/words/a/b",
    ],
)
async def test_a_path_never_leads_anywhere_else(lan: LanWorld, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: attic\r\nAuthorization: Bearer viewer\r\n"
    answer = await lan.raw(request.encode() + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 "), answer


@pytest.mark.parametrize(
    "sent",
    [
        b"GET https://evil.example/look HTTP/1.1\r\nHost: attic\r\nConnection: close\r\n\r\n",
        b"GET look HTTP/1.1\r\nHost: attic\r\nConnection: close\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: attic\r\nConnection: close\r\n\r\n",
        b"GET /healthz?" + b"a" * 3000 + b" HTTP/1.1\r\nHost: attic\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: attic\r\nHost: attic\r\nConnection: close\r\n\r\n",
        b"BREW /look HTTP/1.1\r\n" + HEAD + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n" + HEAD + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X: a\r\n" * 100 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X y: a\r\n\r\n",
        b"POST /say HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n\r\n",
        b"POST /say HTTP/1.1\r\n"
        + HEAD
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_request(lan: LanWorld, sent: bytes) -> None:
    answer = await lan.raw(sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer
    assert b"Server: tarsd\r\n" in answer
    assert b'"kind": "bad-request"' in answer
    assert b"aiohttp" not in answer
    assert not [entry for entry in lan.log.entries if entry["event"] == "lan.defect"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b'{"word": 7}', "application/json", 400),
        (b'{"word": "a", "more": 1}', "application/json", 400),
        (b'{"word": "a"}', "text/plain", 415),
        (b"word=a&more=b", "application/x-www-form-urlencoded", 400),
        (b"word=%ff", "application/x-www-form-urlencoded", 400),
        (b"x" * (BODY_LIMIT + 1), "application/json", 413),
    ],
)
async def test_a_body_that_does_not_fit(lan: LanWorld, body: bytes, kind: str, status: int) -> None:
    said = await lan.ask("POST", "/say", "operator", data=body, headers={"Content-Type": kind})
    assert said.status == status
    assert "hunter2" not in said.text


async def test_a_body_from_a_tool_and_from_a_page(lan: LanWorld) -> None:
    assert (await lan.ask("POST", "/say", "operator", json={"word": "a"})).json["words"] == "a"
    assert (await lan.ask("POST", "/say", "operator", data={"word": "b"})).json["words"] == "b"


async def test_a_body_is_not_even_read_of_who_may_not(lan: LanWorld) -> None:
    said = await lan.ask("POST", "/say", "viewer", data=b"x" * 100_000)
    assert said.status == 403


async def test_a_body_without_an_end(lan: LanWorld) -> None:
    head = b"POST /say HTTP/1.1\r\n" + HEAD + b"Authorization: Bearer operator\r\n"
    head += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await lan.raw(head, *[b"1000\r\n" + b"x" * 4096 + b"\r\n"] * 6)
    assert answer.startswith(b"HTTP/1.1 413 "), answer


async def test_a_defect_is_told_without_what_it_was(lan: LanWorld) -> None:
    said = await lan.ask("GET", "/fail")
    assert (said.status, said.error["message"]) == (500, "cannot answer: a defect")
    assert "hunter2" not in said.text
    assert lan.log.events() == ["lan.defect"]


async def test_every_answer_is_told_to_the_metrics(lan: LanWorld) -> None:
    await lan.ask("GET", "/words/secret", "viewer")
    await lan.ask("GET", "/etc/passwd")
    assert lan.watcher.seen == [("GET", "/words/{word}", 200), ("GET", "", 404)]


async def test_a_head_that_never_ends_is_hung_up_on(
    lan: LanWorld, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float]
) -> None:
    monkeypatch.setitem(protocol.LIMITS, "keepalive_timeout", 0.3)
    began = clock()
    answer = await lan.raw(b"GET /healthz HTTP/1.1\r\n", *[b"X: a\r\n"] * 8, pause=0.1)
    assert answer == b""
    assert clock() - began < 3
    assert lan.listener.connections == 0


async def test_who_says_nothing_at_all_is_hung_up_on(
    lan: LanWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", lan.port)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert lan.listener.connections == 0


async def test_plain_http_gets_no_answer(lan: LanWorld) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", lan.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: attic\r\n\r\n")
    assert b"HTTP" not in await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_one_network_of_ipv6_counts_as_one_address(
    lan: LanWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has one address of it has 2^64."""
    monkeypatch.setattr(listener, "FROM_ONE", 1)
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        ours, theirs = socket.socketpair()
        lan.listener._admit(ours, address)  # pyright: ignore[reportPrivateUsage]  a machine has no two networks to come from
        theirs.close()
    assert lan.listener.turned_away == 1


async def test_one_address_cannot_take_all_connections(
    lan: LanWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "FROM_ONE", 3)
    held = [await asyncio.open_connection("127.0.0.1", lan.port) for _ in range(3)]
    await asyncio.sleep(0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", lan.port)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    assert lan.listener.turned_away == 1
    for _, each in [*held, (reader, writer)]:
        each.close()
    await asyncio.sleep(0.2)
    assert (await lan.ask("GET", "/healthz")).status == 200


async def test_a_new_certificate_is_shown_to_the_next_and_cuts_nobody_off(lan: LanWorld) -> None:
    async with lan.client.get(
        "/events", headers={"Authorization": "Bearer viewer"}, ssl=lan.theirs
    ) as open_one:
        await open_one.content.readany()
        other = certificates.__wrapped__()
        mine, theirs = contexts(lan.directory, other)
        lan.listener.listen(lan.listener.places, mine)
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            async with aiohttp.ClientSession() as new:
                await new.get(f"https://127.0.0.1:{lan.port}/healthz", ssl=lan.theirs)
        async with (
            aiohttp.ClientSession() as new,
            new.get(f"https://127.0.0.1:{lan.port}/healthz", ssl=theirs) as fresh,
        ):
            assert fresh.status == 200
        assert await open_one.content.readany() == b"data: tick\n\n"


async def test_an_address_that_is_taken_is_said_and_the_others_listen(lan: LanWorld) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    lan.listener.listen([("127.0.0.1", lan.port), ("203.0.113.9", lan.port)], context)
    assert list(lan.listener.unheard) == ["203.0.113.9"]
    assert list(lan.listener.places) == [("127.0.0.1", lan.port)]


async def test_a_stop_ends_open_streams_at_once(lan: LanWorld) -> None:
    headers = {"Authorization": "Bearer viewer"}
    async with lan.client.get("/events", headers=headers, ssl=lan.theirs) as stream:
        assert stream.headers["Server"] == "tarsd"
        assert await stream.content.readany() == b"data: tick\n\n"
        began = time.monotonic()
        await lan.listener.stop()
        assert time.monotonic() - began < 1
