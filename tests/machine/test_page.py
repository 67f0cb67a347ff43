"""The status page, its events and its metrics on a machine whose services really die."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Page, browser
from tests.integration.prometheus import run
from tests.machine.home import Home

SETTINGS = """
[ops]
mode = "lan"
"""


class Lan:
    """The listener of a machine, as somebody else of the network sees it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        shown = json.loads(home.tarsctl("ops", "status", "--json").out)
        outside = [it for it in shown["addresses"] if it not in ("127.0.0.1", "::1")]
        address = next(it for it in outside if ":" not in it)
        self.address = f"https://{address}:8443"
        words = ("token", "create", "--name", "page", "--role", "viewer", "--ttl", "1d")
        self.token = str(json.loads(home.tarsctl(*words, "--json").out)["token"])

    def get(self, path: str) -> str:
        """What the machine itself is told by its address: curl, for it has what tests have."""
        header = f"Authorization: Bearer {self.token}"
        ran = self.home.machine.exec(
            "curl", "-sk", "--max-time", "5", "-H", header, self.address + path
        )
        return ran.out

    def json(self, path: str) -> Any:
        """The same, read."""
        return json.loads(self.get(path))


@pytest.fixture
def lan(home: Home) -> Iterator[Lan]:
    with home.settings(SETTINGS):
        home.tarsctl("config", "reload")
        home.machine.wait(
            "the listener",
            lambda: (
                home.machine.sh("curl -sk https://127.0.0.1:8443/healthz", check=False).status == 0
            ),
            15,
        )
        yield Lan(home)
        home.tarsctl("token", "revoke", "page")
    home.tarsctl("config", "reload")


def test_everything_is_told_and_prometheus_is_content(lan: Lan) -> None:
    lan.home.machine.wait(
        "a first look", lambda: lan.json("/ops/summary")["overall_status"] == "healthy", 20
    )
    found = lan.json("/ops/summary")
    assert {it["status"] for it in found["services"]} == {"healthy"}
    assert found["age_seconds"] < 90
    assert found["resources"]["memory"]["total_bytes"] > 0
    metrics = lan.get("/metrics")
    assert run("promtool", "check", "metrics", given=metrics) == ""
    assert 'tars_service_up{service="redis"} 1' in metrics
    assert "tars_certificate_expiry_timestamp_seconds" in metrics


chromium = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="wants Debian's chromium: apt-get install chromium"
)

PASSWORD = "/var/lib/tars-home/secrets/admin-password"


async def heading(page: Page) -> str:
    return str(await page.run("document.querySelector('h1').textContent"))


@chromium
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_the_owner_types_the_password_looks_and_signs_out(lan: Lan, script: bool) -> None:
    """Also where the browser runs no scripts; those of this test itself always run."""
    password = lan.home.machine.exec("cat", PASSWORD).out.strip()
    focused = "document.activeElement?.id === 'password'"
    async with browser() as page:
        await page.look(390, script=script)
        await page.open(f"{lan.address}/")
        assert await heading(page) == "tars-home"
        await page.until(focused)
        await page.type("not the password")
        assert await page.run("document.getElementById('wrong').textContent") == (
            "That is not the password."
        )
        await page.until(focused)
        await page.type(password)
        assert await page.run("location.pathname") == "/"
        assert await page.run("document.getElementById('service-redis') !== null")
        assert await page.run("document.cookie") == "", "no script can read the session"
        await page.click("Sign out")
        assert await heading(page) == "tars-home"
        await page.open(f"{lan.address}/")
        assert await heading(page) == "tars-home"


@chromium
async def test_a_killed_service_is_on_the_page_as_it_dies_and_as_it_comes_back(lan: Lan) -> None:
    home = lan.home
    name = "document.querySelector('#service-redis .state').textContent"
    async with browser() as page:
        headers = {"Authorization": f"Bearer {lan.token}"}
        await page.call("Network.setExtraHTTPHeaders", headers=headers)
        await page.open(f"{lan.address}/")
        await page.until("document.getElementById('live').dataset.state === 'on'")
        await page.until(f"{name} === 'works'", 20)
        # A new one, or the one of last time with more lines, should it come again at once.
        newest = (
            "(it => it ? it.id + ' ' + it.querySelectorAll('li').length + ' '"
            " + (it.querySelector('.hint')?.textContent ?? '') : '')"
            "(document.querySelector('.stories details'))"
        )
        before = await page.run(newest)
        pid = await asyncio.to_thread(home.main_pid, "redis")
        await asyncio.to_thread(home.machine.exec, "kill", "-KILL", str(pid))
        await page.until(f"{newest} !== {json.dumps(before)}", 15)
        await page.until(f"{name} === 'works'", 60)
    assert page.said == []
