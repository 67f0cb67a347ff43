"""Debian's chromium without a screen, driven over its own protocol (CDP): no driver to install, nothing to download."""

import asyncio
import base64
import json
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

CHROMIUM = "chromium"
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # as root, which tests of machines are
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--ignore-certificate-errors",  # what is trusted is not what these tests are about
    "--remote-debugging-port=0",
)
DEADLINE = 20.0
"""Seconds for chromium to start, and for an answer of it."""


def there() -> bool:
    """Whether it is installed."""
    return shutil.which(CHROMIUM) is not None


class Page:
    """One page. `asked` are the addresses it has asked for, `said` what it wrote to the console, errors among it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._loaded = asyncio.Event()
        self.asked: list[str] = []
        self.said: list[str] = []

    async def listen(self) -> None:
        """Until chromium ends."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                answer = self._waiting.pop(told["id"])
                if "error" in told:
                    answer.set_exception(AssertionError(told["error"]["message"]))
                else:
                    answer.set_result(told["result"])
                continue
            self._hear(told["method"], told["params"])

    def _hear(self, what: str, told: Any) -> None:
        if what == "Page.loadEventFired":
            self._loaded.set()
        elif what == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        elif what == "Runtime.exceptionThrown":
            self.said.append(told["exceptionDetails"]["text"])
        elif what == "Log.entryAdded":
            self.said.append(told["entry"]["text"])

    async def call(self, method: str, **given: Any) -> Any:
        """One command of the protocol."""
        self._number += 1
        answer = self._waiting[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": given})
        return await asyncio.wait_for(answer, DEADLINE)

    async def begin(self) -> None:
        """Listen to what is told below."""
        for part in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{part}.enable")

    async def look(
        self, width: int = 1200, *, height: int = 900, dark: bool = False, script: bool = True
    ) -> None:
        """Be a screen of that width."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call("Emulation.setScriptExecutionDisabled", value=not script)

    async def open(self, address: str) -> None:
        """Go there, and wait until all of it is there."""
        self._loaded.clear()
        await self.call("Page.navigate", url=address)
        await asyncio.wait_for(self._loaded.wait(), DEADLINE)

    async def run(self, script: str) -> Any:
        """What an expression comes to; a promise is waited for. Not with scripts switched off."""
        found = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def type(self, text: str) -> None:
        """Into what has the focus, and then Enter, as a person does; waits for the page that comes of it."""
        self._loaded.clear()
        await self.call("Input.insertText", text=text)
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **enter)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **enter)
        await asyncio.wait_for(self._loaded.wait(), DEADLINE)

    async def click(self, text: str) -> None:
        """The first button that says so; waits for the page that comes of it."""
        self._loaded.clear()
        found = f"[...document.querySelectorAll('button')].find(it => it.textContent === {json.dumps(text)})"
        await self.run(f"{found}.click()")
        await asyncio.wait_for(self._loaded.wait(), DEADLINE)

    async def until(self, script: str, seconds: float = 10) -> Any:
        """The first value of an expression that is something."""
        end = asyncio.get_running_loop().time() + seconds
        while not (found := await self.run(script)):
            assert asyncio.get_running_loop().time() < end, f"not within {seconds} s: {script}"
            await asyncio.sleep(0.05)
        return found

    async def picture(self, file: Path, tallest: int = 1600) -> None:
        """The page as a PNG, from its top."""
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {
            "x": 0,
            "y": 0,
            "width": size["width"],
            "height": min(size["height"], tallest),
            "scale": 1,
        }
        found = await self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(found["data"]))  # noqa: ASYNC240  a picture for people


@asynccontextmanager
async def browser() -> AsyncGenerator[Page]:
    """A chromium with a profile of its own, and its one page."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            port = await asyncio.wait_for(_port(process.stderr), DEADLINE)
            draining = asyncio.create_task(process.stderr.read())
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    (place,) = [it for it in await answer.json() if it["type"] == "page"]
                async with session.ws_connect(
                    place["webSocketDebuggerUrl"], max_msg_size=64 << 20
                ) as socket:
                    page = Page(socket)
                    listening = asyncio.create_task(page.listen())
                    await page.begin()
                    yield page
                    listening.cancel()
            draining.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _port(errors: asyncio.StreamReader) -> str:
    """Chromium says on its error output where it listens."""
    while line := await errors.readline():
        found = re.search(rb"DevTools listening on ws://127\.0\.0\.1:(\d+)/", line)
        if found:
            return found[1].decode()
    raise AssertionError("chromium ended before it listened")
