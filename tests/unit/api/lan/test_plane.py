"""The whole plane of a daemon: what its settings say is what listens, who may come in, and what is wrong is said."""

import asyncio
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tarsd.api.lan import delays
from tarsd.api.lan.access import Role
from tarsd.api.lan.route import LanRoute
from tarsd.errors import JobFailed
from tarsd.host.in_job import CannotAnswer, certificate_look, certificate_make
from tests.tree import ROOT
from tests.unit.api.caller import Caller
from tests.unit.api.lan.world import Said
from tests.unit.home import Home

PASSWORD = "f00dbabe" * 6


def work(answer: Callable[[Any], Any], given: Any) -> Any:
    """What the job of that name would answer, or why it could not."""
    try:
        return answer(given)
    except CannotAnswer as error:
        raise JobFailed(str(error)) from error


class Lan:
    """A daemon whose LAN listener is on for this machine."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.plane = home.app.operations.plane
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        home.compose.own |= {
            "certificate-make": partial(work, certificate_make.answer),
            "certificate-look": partial(work, certificate_look.answer),
        }

    async def set(self, **more: Any) -> None:
        rows = {"mode": "local", "port": self.port, **more}
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())
        self.home.paths.settings.write_text(f"[start]\ndeadline = 10\n[ops]\n{text}")
        self.home.app.reload()
        await self.plane.tend()

    def secrets(self, **values: str) -> None:
        self.home.paths.secrets.mkdir(exist_ok=True)
        for name, value in values.items():
            (self.home.paths.secrets / name.replace("_", "-")).write_text(value)

    async def ask(self, method: str, path: str, **given: Any) -> Said:
        trusted = ssl.create_default_context(cafile=str(self.home.paths.lan / "ca.crt"))
        async with (
            aiohttp.ClientSession() as client,
            client.request(
                method,
                f"https://localhost:{self.port}{path}",
                ssl=trusted,
                allow_redirects=False,
                **given,
            ) as response,
        ):
            return Said(response.status, response.headers.copy(), await response.text())

    async def sign_in(self, password: str = PASSWORD, **given: Any) -> Said:
        return await self.ask("POST", "/sign-in", json={"password": password}, **given)

    async def token(self) -> str:
        return str((await self.sign_in()).json["token"])

    async def audit(self) -> list[tuple[str, int, str]]:
        await self.home.app.operations.refused.flush()
        rows = await self.home.app.database.read(
            lambda c: c.execute(
                "SELECT path, status, who FROM audit WHERE who IS NOT NULL"
            ).fetchall()
        )
        return [tuple(row) for row in rows]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def off(home: Home) -> AsyncIterator[Lan]:
    made = Lan(home)
    yield made
    await made.plane.stop()


@pytest.fixture
async def lan(off: Lan) -> Lan:
    off.secrets(jwt_root="root" * 12, admin_password=PASSWORD)
    await off.set()
    return off


async def test_nothing_listens_until_it_is_asked_for(off: Lan) -> None:
    await off.plane.tend()
    assert off.plane.view().mode == "off"
    assert not off.plane.view().addresses
    assert not off.home.paths.lan.exists(), "no CA is made for nobody"


async def test_local_is_this_machine_alone(lan: Lan) -> None:
    assert set(lan.plane.view().addresses) <= {"127.0.0.1", "::1"}
    assert (await lan.ask("GET", "/healthz")).json == {"status": "ok"}


async def test_off_again_hangs_up(lan: Lan) -> None:
    await lan.set(mode="off")
    assert not lan.plane.view().addresses
    with pytest.raises(aiohttp.ClientConnectorError):
        await lan.ask("GET", "/healthz")


async def test_signing_in_and_out(lan: Lan) -> None:
    said = await lan.sign_in()
    token = said.json["token"]
    cookie = said.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-tars={token}; ")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    identity = await lan.ask("GET", "/identity", headers=bearer(token))
    assert identity.json == {"name": "admin", "role": "operator"}
    assert (await lan.ask("POST", "/sign-out", headers=bearer(token))).json == {"done": True}
    over = await lan.ask("GET", "/identity", headers=bearer(token))
    assert (over.status, over.error["kind"]) == (401, "not-signed-in")
    assert [it[:2] for it in await lan.audit()] == [
        ("/sign-in", 200),
        ("/sign-out", 200),
        ("/identity", 401),
    ]


async def test_a_session_that_was_ended_stays_so_over_a_restart(lan: Lan) -> None:
    token = await lan.token()
    await lan.ask("POST", "/sign-out", headers=bearer(token))
    await lan.plane.stop()
    await lan.home.crash()
    again = Lan(lan.home)
    await again.set()
    try:
        assert (await again.ask("GET", "/identity", headers=bearer(token))).status == 401
        assert (await again.sign_in()).status == 200
    finally:
        await again.plane.stop()


async def test_a_page_signs_in_with_a_form_and_its_cookie(lan: Lan) -> None:
    said = await lan.ask("POST", "/sign-in", data={"password": PASSWORD})
    assert (said.status, said.headers["Location"]) == (303, "/")
    cookie = {"Cookie": said.headers["Set-Cookie"].partition(";")[0]}
    assert "Sign out" in (await lan.ask("GET", "/", headers=cookie)).text
    assert (await lan.ask("GET", "/identity", headers=cookie)).status == 200
    blind = await lan.ask("POST", "/sign-out", headers=cookie)
    assert (blind.status, blind.error["kind"]) == (403, "wrong-origin")
    mine = {**cookie, "Origin": f"https://localhost:{lan.port}"}
    assert (await lan.ask("POST", "/sign-out", headers=mine)).status == 200


async def test_a_wrong_password_is_told_audited_and_slows_down_who_guesses(
    lan: Lan, clock: Callable[[], float]
) -> None:
    for _ in range(delays.FREE + 1):
        said = await lan.sign_in("wrong")
        assert (said.status, said.error["kind"]) == (401, "wrong-password")
    said = await lan.sign_in(PASSWORD)
    assert (said.status, said.error["kind"]) == (429, "too-many-attempts")
    assert int(said.headers["Retry-After"]) >= 1
    assert lan.plane.view().guesses == delays.FREE + 1
    assert PASSWORD not in str(await lan.audit())
    assert ("/sign-in", 401, "wrong-password from 127.0.0.1") in await lan.audit()


async def test_before_an_install_nobody_can_sign_in(off: Lan) -> None:
    await off.set()
    said = await off.sign_in()
    assert (said.status, said.error["fix"]) == (401, "sudo tarsctl install")


async def test_a_new_password_ends_every_session(lan: Lan) -> None:
    token = await lan.token()
    lan.secrets(admin_password="another")
    await lan.plane.tend()
    assert (await lan.ask("GET", "/identity", headers=bearer(token))).status == 401
    assert (await lan.sign_in("another")).status == 200


async def test_a_token_works_until_it_is_revoked(lan: Lan, api: Caller) -> None:
    body = {"name": "grafana", "role": "viewer", "seconds": 60}
    made = (await api.post("/v1/tokens", body)).result
    assert (await lan.ask("GET", "/identity", headers=bearer(made["token"]))).json == {
        "name": "grafana",
        "role": "viewer",
    }
    (row,) = (await api.get("/v1/tokens")).result["tokens"]
    assert "token" not in row
    assert made["token"] not in str(lan.home.app.database)
    await api.post("/v1/tokens/revoke", {"name": "grafana"})
    assert (await lan.ask("GET", "/identity", headers=bearer(made["token"]))).status == 401


async def test_who_a_proxy_says_it_is_counts_only_where_the_settings_name_the_proxy(
    lan: Lan,
) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7"}
    await lan.sign_in("wrong", headers=headers)
    assert "wrong-password from 127.0.0.1" in str(await lan.audit())
    await lan.set(proxies=["127.0.0.1", "::1"])
    await lan.sign_in("wrong", headers={"X-Forwarded-For": "10.9.9.9, 198.51.100.7, 127.0.0.1"})
    assert "wrong-password from 198.51.100.7" in str(await lan.audit())


async def test_a_certificate_lasts_and_is_made_anew_for_a_new_name(lan: Lan) -> None:
    first = lan.plane.certificate
    assert first is not None
    await lan.plane.tend()
    assert lan.plane.certificate == first
    await lan.set(names=["attic.home.arpa"])
    second = lan.plane.certificate
    assert second is not None
    assert second.fingerprint != first.fingerprint
    assert second.left_out == ("attic.home.arpa",), "the CA was made for other names"
    modes = {it.name: it.stat().st_mode & 0o777 for it in lan.home.paths.lan.iterdir()}
    assert (modes["ca.key"], modes["leaf.pem"]) == (0o600, 0o600)
    assert lan.home.paths.lan.stat().st_mode & 0o777 == 0o700


async def test_a_new_ca_covers_the_new_name(lan: Lan, api: Caller) -> None:
    before = (await api.get("/v1/ops/ca")).result
    await lan.set(names=["attic.home.arpa"])
    after = (await api.post("/v1/ops/ca/new")).result
    assert after["fingerprint"] != before["fingerprint"]
    assert lan.plane.certificate is not None
    assert "attic.home.arpa" in lan.plane.certificate.names
    assert (await lan.ask("GET", "/healthz")).status == 200


@pytest.mark.parametrize("damage", ["ca.key", "ca.crt", "leaf.pem", "leaf.json"])
async def test_a_file_that_is_gone_or_damaged(lan: Lan, damage: str) -> None:
    (lan.home.paths.lan / damage).write_text("rubbish")
    await lan.set(names=["attic.home.arpa"])
    view = lan.plane.view()
    if damage.startswith("ca"):
        assert "cannot use the CA on disk" in str(view.certificate_trouble)
        assert view.fix == "sudo tarsctl ops ca --new"
    else:
        assert view.certificate_trouble is None
    assert view.addresses, "what was shown before is still shown"


async def test_the_owners_certificate_and_what_may_be_wrong_with_it(
    lan: Lan, tmp_path: Path
) -> None:
    made = certificate_make.answer({"ca": None, "names": ["localhost"], "addresses": []})
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    certificate.write_text(made["leaf"]["certificate"])
    key.write_text(made["leaf"]["key"])
    own = {"certificate": str(certificate), "key": str(key)}
    await lan.set(**own)
    assert lan.plane.view().certificate_source == "owner"
    for broken, words in (
        (made["ca"]["key"], "another certificate's"),
        ("rubbish", "no private key"),
    ):
        key.write_text(broken)
        await lan.plane.tend()
        view = lan.plane.view()
        assert view.certificate_source == "own", "a page with a warning is better than none"
        assert words in str(view.certificate_trouble)
    key.unlink()
    await lan.plane.tend()
    assert "No such file" in str(lan.plane.view().certificate_trouble)
    key.write_text(made["leaf"]["key"])
    await lan.plane.tend()
    assert lan.plane.view().certificate_source == "owner"
    assert lan.plane.view().certificate_trouble is None


async def test_what_the_owner_sees_of_it(lan: Lan, api: Caller) -> None:
    lan.home.compose.own["firewall-look"] = {"fix": None}
    shown = (await api.get("/v1/ops")).result
    assert shown["mode"] == "local"
    assert shown["certificate"]["source"] == "own"
    assert "localhost" in shown["names"]
    assert shown["message"] is None


async def test_a_port_that_is_taken(off: Lan) -> None:
    off.secrets(jwt_root="root", admin_password=PASSWORD)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", off.port))
        other.listen()
        await off.set()
        assert off.plane.view().unheard["127.0.0.1"] == "Address already in use"
    await off.plane.tend()
    assert "127.0.0.1" in off.plane.view().addresses


def test_the_documented_table_is_the_table(home: Home) -> None:
    """With whom each row lets in."""
    text = (ROOT / "docs/operations-api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(GET|POST) (/\S*?)(?:\?\S+)?` \| ([a-z ,]+) \|", text, re.MULTILINE)
    words = {"open": "anybody", "metrics": "any role", "viewer": "viewer", "operator": "operator"}
    shown = {
        (method, path, who.replace("viewer, metrics", "any role")) for method, path, who in rows
    }
    routes = home.app.operations.server.routes
    assert shown == {(it.method, it.path, words[it.access.name]) for it in routes}


ROLES: tuple[Role | None, ...] = (None, "metrics", "viewer", "operator")


async def test_every_route_lets_in_whom_its_row_names_and_nobody_else(lan: Lan) -> None:
    """Route by role by transport (header, cookie), from the table itself: a row that is added is a row that is tried."""
    operations = lan.home.app.operations
    texts = {role: (await operations.tokens.create(role, role, 60))[0] for role in ROLES if role}
    session = await lan.token()
    tried = 0
    for route in operations.server.routes:
        for role in ROLES:
            given = bearer(texts[role]) if role else {}
            await _expect(lan, route, role, given)
            tried += 1
        if route.path != "/sign-out":
            cookie = {"Cookie": f"__Host-tars={session}", "Origin": f"https://localhost:{lan.port}"}
            await _expect(lan, route, "operator", cookie)
            await _expect(lan, route, "operator", bearer(session))
        await _expect(lan, route, None, {"Cookie": "__Host-tars=rubbish"})
        await _expect(lan, route, None, {"Cookie": f"__Host-tars={texts['viewer']}"})
        await _expect(lan, route, None, {"Authorization": f"Basic {session}"})
    assert tried == 4 * len(operations.server.routes)


async def _expect(lan: Lan, route: LanRoute, role: Role | None, headers: dict[str, str]) -> None:
    """Refused before the handler where the row does not name the role; else whatever the handler says."""
    path = route.path.replace("{id}", "1").replace("{name}", "x")
    task = asyncio.ensure_future(lan.ask(route.method, path, headers=headers))
    done, _ = await asyncio.wait([task], timeout=2)
    if not done:  # a stream: it goes on, so he was let in
        task.cancel()
        status = 200
    else:
        status = task.result().status
    told = f"{route.method} {route.path} as {role} with {list(headers)}: {status}"
    if route.access.roles is None or role in route.access.roles:
        assert status not in (401, 403), told
    else:
        assert status == (401 if role is None else 403), told
