"""The status page in a real browser: live, dark, on a phone, without scripts, and for those who cannot see it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import Page, browser
from tests.integration.axe import violations
from tests.integration.page_world import SICK, WELL, PageWorld
from tests.tree import ROOT

PICTURES = ROOT / "docs" / "pictures"

pytestmark = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="wants Debian's chromium: apt-get install chromium"
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[PageWorld]:
    made = PageWorld(tmp_path)
    await made.lan.start()
    yield made
    await made.lan.stop()


@pytest.fixture
async def page(world: PageWorld) -> AsyncIterator[Page]:
    async with browser() as made:
        headers = {"Authorization": "Bearer viewer"}
        await made.call("Network.setExtraHTTPHeaders", headers=headers)
        yield made


async def heading(page: Page) -> str:
    return str(await page.run("document.querySelector('h1').textContent"))


async def test_what_turns_is_shown_as_it_turns_and_what_is_open_stays_open(
    world: PageWorld, page: Page
) -> None:
    world.show(WELL)
    await page.open(world.address)
    assert await heading(page) == "All is well"
    await page.until("document.getElementById('live').textContent === ' · live'")
    await page.run("document.querySelector('details').open = true")
    await page.run("document.querySelector('summary').focus()")
    world.show(SICK)
    await page.until("document.querySelector('h1').textContent === 'Something does not work'", 3)
    assert await page.run("document.querySelector('details').open")
    assert await page.run("document.activeElement.tagName") == "SUMMARY"
    assert (await page.run("document.title")).startswith("Something does not work")
    world.show(WELL)
    await page.until("document.querySelector('h1').textContent === 'All is well'", 3)
    assert page.said == []


async def test_nothing_comes_from_elsewhere(world: PageWorld, page: Page) -> None:
    world.show(SICK)
    for path in ("", "docs"):
        await page.open(world.address + path)
    hosts = {urlsplit(it).netloc for it in page.asked if not it.startswith(("data:", "about:"))}
    assert hosts == {urlsplit(world.address).netloc}
    assert page.said == []


async def test_without_scripts_it_is_whole_and_comes_anew(world: PageWorld, page: Page) -> None:
    world.show(SICK)
    await page.look(script=False)
    await page.open(world.address)
    await page.look(script=False)
    tree = await page.call("DOM.getDocument", depth=-1)
    text = (await page.call("DOM.getOuterHTML", nodeId=tree["root"]["nodeId"]))["outerHTML"]
    assert "Something does not work" in text
    assert 'http-equiv="refresh"' in text
    assert not any(it.endswith("/ops/events") for it in page.asked)


@pytest.mark.parametrize("width", [320, 390, 768, 1200])
async def test_nothing_sticks_out(world: PageWorld, page: Page, width: int) -> None:
    world.show(SICK)
    await page.look(width)
    for path in ("", "docs", "no-such-page"):
        await page.open(world.address + path)
        assert await page.run("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_everybody_can_use_it(world: PageWorld, page: Page, dark: bool) -> None:
    """axe finds nothing, be it serious or not: at a phone's width, with a story open, and at the door."""
    await page.look(390, dark=dark)
    for shown in (WELL, SICK):
        world.show(shown)
        await page.open(world.address)
        await page.run("document.querySelectorAll('details').forEach(it => it.open = true)")
        assert await violations(page) == []
    await page.open(world.address + "docs")
    assert await violations(page) == []
    await page.call("Network.setExtraHTTPHeaders", headers={})
    await page.open(world.address)
    assert await heading(page) == "tars-home"
    assert await page.run("document.activeElement.id") == "password"
    assert await violations(page) == []


async def test_a_connection_that_is_lost_is_said(world: PageWorld, page: Page) -> None:
    world.show(WELL)
    await page.open(world.address)
    await page.until("document.getElementById('live').dataset.state === 'on'")
    await world.lan.listener.stop()
    await page.until("document.getElementById('live').textContent.includes('not connected')")


async def test_who_is_signed_out_elsewhere_is_asked_to_sign_in(
    world: PageWorld, page: Page
) -> None:
    world.show(WELL)
    await page.open(world.address)
    await page.until("document.getElementById('live').dataset.state === 'on'")
    world.lan.gate.revoked.add("viewer")
    world.lan.server.look_again()
    await page.until("document.activeElement?.id === 'password'", 8)


async def test_pictures_for_the_documents(
    world: PageWorld, page: Page, request: pytest.FixtureRequest
) -> None:
    """Written with --pictures only."""
    if not request.config.getoption("--pictures"):
        pytest.skip("wants --pictures")
    await page.call("Network.setExtraHTTPHeaders", headers={"Authorization": "Bearer operator"})
    for name, shown, width, dark in (
        ("page-desktop", WELL, 1200, False),
        ("page-phone", SICK, 390, True),
    ):
        world.show(shown)
        await page.look(width, dark=dark)
        await page.open(world.address)
        await page.until("document.getElementById('live').dataset.state === 'on'")
        await page.picture(PICTURES / f"{name}.png")
