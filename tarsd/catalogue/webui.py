"""The web page that the whole house reaches: who gets in, what it tells browsers, and whether it finds a document."""

import asyncio
import secrets
from abc import abstractmethod
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, TypeVar, cast

import aiohttp

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.deep_check import DeepCheck, milliseconds, service_of
from tarsd.catalogue.views import ServiceView
from tarsd.errors import ProbeFailed
from tarsd.host.probes.chroma_scratch import OWNERS, ChromaScratch
from tarsd.host.webui import ADMIN, Refused, WebUi, told

T = TypeVar("T")

EMBEDDING = "nomic-embed-text"
"""RAG_EMBEDDING_MODEL of the stack's template."""

UPSTREAM_ABSENT = "404"
"""What the model server says of a model that it does not have, in the words of the web UI."""

DEADLINE = 10.0
"""Seconds for one answer of the page."""

TIDY_DEADLINE = 10.0
"""Seconds to delete what was put in."""

WORK = 60.0
"""Seconds to take a document in, and to search: the first time its embedding model is loaded for that."""

SCRATCH = "tars-home-scratch"
"""How the names begin of what is put in only to be found."""

GUESSES = ("admin", "password", "changeme")
"""Three, for it locks a name for minutes after fifteen."""

NO = (400, 401, 403, 429)
"""How it says no to whoever is not let in."""

WANTED = {
    "x-content-type-options": "XCONTENT_TYPE: nosniff",
    "x-frame-options": "XFRAME_OPTIONS: SAMEORIGIN",
}
"""Headers, and the variables that make Open WebUI send them: without them a page of somebody else can show it in a frame of
its own and have people click in it, or a document that was uploaded be run as a script."""


class _WebUiCheck(DeepCheck):
    """Of the page, by its published port."""

    subject = "webui"
    role = "ui"
    every = None
    deadline = 40.0

    async def work(self, world: World, view: ServiceView) -> Finding:
        """See DeepCheck."""
        page = world.deep.webui(view.service)
        if page is None:
            return self.unknown("its labels do not tell how it is reached", subject=view.name)
        try:
            return await self.look(page, world, view)
        except Refused as error:
            return self.unknown(f"answers {error}", subject=view.name)
        except ProbeFailed as error:
            return self.unknown(f"cannot be asked: {error.reason}", subject=view.name)

    @abstractmethod
    async def look(self, page: WebUi, world: World, view: ServiceView) -> Finding:
        """Answer; what it raises is told."""


async def within(page: WebUi, asking: Awaitable[T], deadline: float = DEADLINE) -> T:
    """What it answers in time. Raises Refused, ProbeFailed."""
    found: T = await told(asking, page.address, deadline)
    return found


class WebUiAccounts(_WebUiCheck):
    """Anybody can make himself an account, or the administrator's password is one that everybody tries."""

    id = "security.webui-accounts"
    about = About(
        what="Strangers get into the web UI: it lets anybody make an account, or its administrator has a password that "
        "everybody knows",
        seen="`/api/config` says that people may sign up, or need not sign in at all; or one of three common passwords "
        f"lets {ADMIN} in",
        why="The page is open to the whole network of the house, guests included; whoever is in reads documents and chats",
        we="Nothing: accounts are the owner's",
        you="Close the sign-up in the web UI's admin panel, and give the administrator a password of his own",
        commands=("sudo tarsctl secrets show admin-password",),
    )

    async def look(self, page: WebUi, world: World, view: ServiceView) -> Finding:
        """See About.seen."""
        config = await within(page, page.ask("GET", "/api/config"))
        features = config.get("features") if isinstance(config, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(features, dict):
            return self.unknown("does not answer as Open WebUI does", subject=view.name)
        features = cast("dict[str, Any]", features)
        if features.get("auth") is False:
            words = "asks nobody who he is (WEBUI_AUTH=false)"
            return self.fail(words, "take WEBUI_AUTH out of your override", subject=view.name)
        if features.get("enable_signup"):
            words = "lets anybody in the network make an account"
            return self.fail(
                words, "close it in the admin panel, Settings, General", subject=view.name
            )
        for guess in GUESSES:
            try:
                await within(page, page.signed_in(ADMIN, guess))
            except Refused as error:
                if error.status not in NO:
                    raise
            else:
                words = f"lets {ADMIN} in with a password that everybody knows"
                return self.fail(words, "change it in the web UI", subject=view.name)
        return self.passed("nobody gets in without an account of his own", subject=view.name)


class WebUiTokens(_WebUiCheck):
    """Its interface answers whoever has no token, or one that anybody can write."""

    id = "security.webui-tokens"
    about = About(
        what="The web UI's interface lets in whoever has no token, or one that he has written himself",
        seen="`/api/v1/users/` answers without a token, or with one that is signed with Open WebUI's own default key",
        why="Whoever is in the network then reads and changes everything as any user",
        we="Nothing unattended: another key signs everybody out, and what was encrypted with the old one is lost",
        you="See which key it runs with: WEBUI_SECRET_KEY must come from the secrets directory, not from an override",
        commands=("sudo tarsctl secrets list", "sudo tarsctl install --yes"),
    )

    async def look(self, page: WebUi, world: World, view: ServiceView) -> Finding:
        """See About.seen."""
        for words, comer in (
            ("whoever has no token", page),
            ("whoever signs a token with its old default key", page.forged()),
        ):
            try:
                await within(comer, comer.ask("GET", "/api/v1/users/"))
            except Refused as error:
                if error.status not in NO:
                    raise
            else:
                return self.fail(
                    f"answers {words}",
                    "sudo tarsctl secrets list; sudo tarsctl install --yes",
                    subject=view.name,
                )
        return self.passed("answers nobody without a token that it gave him", subject=view.name)


class WebUiHeaders(_WebUiCheck):
    """It does not tell browsers to keep it out of other pages' frames."""

    id = "security.webui-headers"
    severity = Status.WARN
    own_words = True
    about = About(
        what="The web UI does not tell browsers to protect it",
        seen="The answer to `/` lacks X-Content-Type-Options or X-Frame-Options",
        why="A page elsewhere can show it within itself and have people click on what they do not see, and a browser may "
        "take an uploaded document for a script",
        we="Nothing; the stack as it is installed has both set",
        you="Install again; an override that replaces the web UI's environment has to have them, too",
        commands=("sudo tarsctl install --yes",),
    )

    async def look(self, page: WebUi, world: World, view: ServiceView) -> Finding:
        """See About.seen."""
        found = await within(page, page.headers())
        missing = [variable for header, variable in WANTED.items() if header not in found]
        known = sorted({*WANTED, "referrer-policy", "content-security-policy"} & found.keys())
        evidence = [f"{name}: {found[name]}" for name in known]
        if missing:
            return self.warn(
                f"does not protect itself in browsers: {', '.join(missing)} is not set",
                "sudo tarsctl install --yes",
                subject=view.name,
                evidence=evidence,
            )
        return self.passed("tells browsers to protect it", subject=view.name, evidence=evidence)


class RagWebUi(_WebUiCheck):
    """A document that is given to the web UI is not found by the question that it answers."""

    id = "rag.webui"
    subject = "rag"
    deadline = 90.0
    after = (*DeepCheck.after, "chroma.deep")
    about = About(
        what="A document that was uploaded in the web UI is not found by a question that it answers",
        seen="As its administrator, a small text with a word made up for this time is uploaded, put into a collection of "
        f"knowledge (`{SCRATCH}...`), and searched for; that word must be in what comes back. Text and collection "
        "are deleted, as is what an earlier test has left. Only asked for by somebody: the web UI loads its embedding "
        "model for that, as it does for any document",
        why="With its vector store or its embedding model gone, the web UI answers all the same, without any document, "
        "and shows no error",
        we="Nothing; each of its parts is looked after by checks of its own",
        you="Ask for the parts: `chroma.deep`, `ollama.deep`, and whether its embedding model is there",
        commands=("sudo tarsctl validate rag", "tarsctl models list", "tarsctl logs webui"),
    )

    async def look(self, page: WebUi, world: World, view: ServiceView) -> Finding:
        """See About.seen."""
        try:
            admin = await within(page, page.signed_in(ADMIN, await world.deep.admin_password()))
        except Refused as error:
            if error.status not in NO:
                raise
            return self.skipped(
                f"its administrator {ADMIN} is not let in with admin-password, which was changed there",
                "rag",
            )
        name, word = f"{SCRATCH}-{secrets.token_hex(4)}", secrets.token_hex(6)
        try:
            async with world.deep.models.turn(through_another=True):
                finding = await self._judge(admin, name, word)
        finally:  # also where its deadline cuts it off
            left = await self._tidy(admin, world)
        if left is None:
            return finding
        return replace(
            finding, evidence=(*finding.evidence, f"left for the next test to delete: {left}")
        )

    async def _judge(self, admin: WebUi, name: str, word: str) -> Finding:
        try:
            found, took = await self._search(admin, name, word)
        except (Refused, ProbeFailed) as error:
            reason = error.reason if isinstance(error, ProbeFailed) else str(error)
            absent = UPSTREAM_ABSENT in reason
            return self.fail(
                f"the web UI cannot take a document in: {reason}"
                + (f"; its embedding model {EMBEDDING} is not there" if absent else ""),
                f"sudo tarsctl models pull {EMBEDDING}" if absent else "tarsctl logs webui",
            )
        if word not in found:
            return self.fail(
                "the web UI does not find a document by the question that it answers",
                "tarsctl logs webui; tarsctl logs chromadb",
                evidence=[f"found: {found[:200] or 'nothing'}"],
            )
        return self.passed(f"the web UI finds a new document in {milliseconds(took)}")

    async def _search(self, admin: WebUi, name: str, word: str) -> tuple[str, float]:
        """The texts that the search brings, and the seconds that all of it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        form = aiohttp.FormData()
        text = f"The password of the lighthouse called {name} is {word}.\n"
        form.add_field("file", text.encode(), filename=f"{name}.txt", content_type="text/plain")
        upload = admin.ask("POST", "/api/v1/files/?process_in_background=false", None, form)
        file = await within(admin, upload, WORK)
        described = {"name": name, "description": "a test of tars-home; it deletes itself"}
        made = await within(admin, admin.ask("POST", "/api/v1/knowledge/create", described))
        add = admin.ask("POST", f"/api/v1/knowledge/{made['id']}/file/add", {"file_id": file["id"]})
        await within(admin, add, WORK)
        question = f"What is the password of the lighthouse called {name}?"
        asked = {"collection_names": [made["id"]], "query": question, "k": 3}
        search = admin.ask("POST", "/api/v1/retrieval/query/collection", asked)
        found = await within(admin, search, WORK)
        return str(found.get("documents")), loop.time() - began

    async def _tidy(self, admin: WebUi, world: World) -> str | None:
        """Delete what is ours, of this test and of earlier ones; why something is left, if it is."""
        try:
            return await asyncio.wait_for(_deleted(admin, world), TIDY_DEADLINE)
        except asyncio.TimeoutError:
            return f"it took more than {TIDY_DEADLINE:.0f} s"
        except (Refused, ProbeFailed) as error:
            return str(error)


async def _deleted(admin: WebUi, world: World) -> None:
    for row in await within(admin, admin.rows("/api/v1/knowledge/")):
        if str(row.get("name")).startswith(SCRATCH):
            await within(admin, admin.ask("DELETE", f"/api/v1/knowledge/{row['id']}/delete"))
    store = service_of(world, "vector")
    chroma = None if store is None else world.deep.task(store.service)
    for row in await within(admin, admin.rows("/api/v1/files/")):
        if not str(row.get("filename")).startswith(SCRATCH):
            continue
        await within(admin, admin.ask("DELETE", f"/api/v1/files/{row['id']}"))
        if isinstance(chroma, ChromaScratch):  # Open WebUI leaves the file's own collection behind
            path = f"{OWNERS}/collections/file-{row['id']}"
            await within(admin, chroma.call("DELETE", path, passing=(404,)))


SECURITY: tuple[Check, ...] = (WebUiAccounts(), WebUiTokens(), WebUiHeaders())
RAG: tuple[Check, ...] = (RagWebUi(),)
