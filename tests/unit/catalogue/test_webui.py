"""The web UI: who gets in, what it tells browsers, and whether it finds a document, kept in memory here."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.webui import RagWebUi, WebUiAccounts, WebUiHeaders, WebUiTokens
from tarsd.host.conversation import Address
from tarsd.host.http import HttpSession
from tarsd.host.model_use import ModelUse
from tarsd.host.ollama import Ollama
from tarsd.host.webui import WebUi
from tests.doubles import webui_rag
from tests.doubles.webui_rag import Documents
from tests.unit.service_views import view, world
from tests.unit.worlds import deep, the_one

Checks = WebUiAccounts | WebUiTokens | WebUiHeaders | RagWebUi


@dataclass
class Page:
    """A web UI; `says` answers a path with a status and a body instead, `sends` are headers."""

    port: int
    world: World
    documents: Documents = field(default_factory=Documents)
    says: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    sends: dict[str, str] = field(default_factory=dict[str, str])
    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    async def handle(self, request: web.Request) -> web.Response:
        if request.path in self.says:
            status, body = self.says[request.path]
            return web.Response(status=status, text=body, content_type="application/json")
        answer = self.documents.answer(
            request.method, request.path_qs, request.headers, await request.read()
        )
        if answer is None:
            return web.Response(text="<html>", content_type="text/html", headers=self.sends)
        return web.json_response(answer[1], status=answer[0])

    async def ask(self, check: Checks) -> Finding:
        return await the_one(check, self.world)


@pytest.fixture
async def page(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Page]:
    monkeypatch.setenv("WEBUI_ADMIN_PASSWORD", "5ecre7")
    made = world(view("webui", service_role="ui"))
    page, http = Page(0, made), HttpSession()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", page.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    models = ModelUse(Ollama(http, lambda: 9), made.docker)  # nobody answers there
    its = deep(made.docker, models=models, webui=WebUi(http, Address("127.0.0.1", port)))
    page.world = replace(made, deep=its)

    def add(collection: str, key: str, text: str) -> None:
        page.texts.setdefault(collection, []).append(text)

    monkeypatch.setattr(webui_rag, "_add", add)

    def query(collection: str, _: str) -> list[str]:
        return page.texts.get(collection, [])

    def chroma(*_: object) -> None:
        pass

    monkeypatch.setattr(webui_rag, "_query", query)
    monkeypatch.setattr(webui_rag, "_chroma", chroma)
    yield page
    await http.close()
    await runner.cleanup()


async def test_nobody_gets_in(page: Page) -> None:
    assert (await page.ask(WebUiAccounts())).status is Status.PASS
    assert (await page.ask(WebUiTokens())).status is Status.PASS


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"auth": True, "enable_signup": True}, "lets anybody in the network make an account"),
        ({"auth": False}, "asks nobody who he is"),
    ],
)
async def test_anybody_gets_in(page: Page, features: dict[str, bool], words: str) -> None:
    page.says["/api/config"] = (200, json.dumps({"features": features}))
    finding = await page.ask(WebUiAccounts())
    assert finding.status is Status.FAIL
    assert words in finding.summary


async def test_the_administrator_has_a_common_password(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBUI_ADMIN_PASSWORD", "changeme")
    finding = await page.ask(WebUiAccounts())
    assert finding.status is Status.FAIL
    assert "changeme" not in finding.summary


async def test_its_interface_answers_whoever_comes(page: Page) -> None:
    page.says["/api/v1/users/"] = (200, "[]")
    finding = await page.ask(WebUiTokens())
    assert (finding.status, finding.summary) == (Status.FAIL, "answers whoever has no token")


@pytest.mark.parametrize("check", [WebUiAccounts(), WebUiTokens()], ids=lambda it: it.id)
@pytest.mark.parametrize("answer", [(200, "<html>"), (500, "{}"), (200, "[[")])
async def test_what_is_no_such_answer_is_not_called_safe(
    page: Page, check: WebUiAccounts | WebUiTokens, answer: tuple[int, str]
) -> None:
    page.says = {"/api/config": answer, "/api/v1/users/": answer}
    assert (await page.ask(check)).status is Status.UNKNOWN


async def test_headers(page: Page) -> None:
    assert (await page.ask(WebUiHeaders())).status is Status.WARN
    page.sends = {"X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff"}
    finding = await page.ask(WebUiHeaders())
    assert finding.status is Status.PASS
    assert "x-frame-options: SAMEORIGIN" in finding.evidence


async def test_a_document_is_found_and_nothing_is_left(page: Page) -> None:
    page.documents.files["mine"] = ("mine.txt", "my own")
    page.documents.files["old"] = ("tars-home-scratch-1234.txt", "of a test that was cut off")
    page.documents.knowledge["old"] = ("tars-home-scratch-1234", [])
    finding = await page.ask(RagWebUi())
    assert finding.status is Status.PASS, finding
    assert page.documents.files.keys() == {"mine"}
    assert page.documents.knowledge == {}


async def test_a_document_that_is_not_found(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with Chroma down: 200, and no source."""

    def nothing(*_: str) -> list[str]:
        return []

    monkeypatch.setattr(webui_rag, "_query", nothing)
    finding = await page.ask(RagWebUi())
    assert finding.status is Status.FAIL
    assert "does not find a document" in finding.summary
    assert page.documents.files == page.documents.knowledge == {}


async def test_a_document_that_it_does_not_take(page: Page) -> None:
    page.says["/api/v1/knowledge/create"] = (500, '{"detail": "no room"}')
    finding = await page.ask(RagWebUi())
    assert finding.status is Status.FAIL
    assert "cannot take a document in: HTTP 500: no room" in finding.summary
    assert page.documents.files == {}


async def test_without_its_embedding_model_it_says_which_to_pull(page: Page) -> None:
    said = '{"detail": "upstream answers 404"}'
    page.says["/api/v1/files/?process_in_background=false"] = (400, said)
    page.says["/api/v1/files/"] = (400, said)
    finding = await page.ask(RagWebUi())
    assert finding.fix == "sudo tarsctl models pull nomic-embed-text"
    assert "nomic-embed-text is not there" in finding.summary


async def test_what_cannot_be_deleted_is_said(page: Page) -> None:
    page.says["/api/v1/knowledge/"] = (500, '{"detail": "no"}')
    finding = await page.ask(RagWebUi())
    assert finding.status is Status.PASS
    assert finding.evidence == ("left for the next test to delete: HTTP 500: no",)


async def test_an_administrator_who_has_another_password_now(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBUI_ADMIN_PASSWORD", "his own")
    finding = await page.ask(RagWebUi())
    assert (finding.status, page.documents.files) == (Status.SKIP, {})
