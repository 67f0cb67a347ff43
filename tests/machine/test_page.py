"""The status page, its events and its metrics on a machine whose services really die."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import browser
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


@pytest.mark.skipif(shutil.which("chromium") is None, reason="wants Debian's chromium")
async def test_a_killed_service_is_on_the_page_as_it_dies_and_as_it_comes_back(lan: Lan) -> None:
    home = lan.home
    name = "document.querySelector('#service-redis .state').textContent"
    async with browser() as page:
        headers = {"Authorization": f"Bearer {lan.token}"}
        await page.call("Network.setExtraHTTPHeaders", headers=headers)
        await page.open(f"{lan.address}/")
        await page.until("document.getElementById('live').dataset.state === 'on'")
        await page.until(f"{name} === 'works'", 20)
        pid = await asyncio.to_thread(home.main_pid, "redis")
        await asyncio.to_thread(home.machine.sh, f"kill -STOP {pid}")
        try:
            await page.until(f"{name} !== 'works'", 45)
        finally:
            await asyncio.to_thread(home.machine.sh, f"kill -CONT {pid}", check=False)
        await page.until(f"{name} === 'works'", 60)
        await page.until("document.querySelectorAll('.stories details').length > 0")
    assert page.said == []
