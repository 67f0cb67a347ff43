"""docker.service as systemd tells of it, and the machine's sleep, over one connection to the bus that stays open.

It costs nothing while nothing happens: no thread, no timer, no question.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.auth import BEGIN, AuthenticationError, Authenticator
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection

from tarsd.errors import JobFailed

ANSWER = 10.0
"""Seconds for the bus to take us; it answers in milliseconds unless it is stuck."""

FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
"""Seconds before the bus is tried again: it is seldom gone, and never for long."""

_SYSTEMD = "org.freedesktop.systemd1"
_LOGIN = "org.freedesktop.login1"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_MANAGER = "/org/freedesktop/systemd1"
_SERVICE = "/org/freedesktop/systemd1/unit/docker_2eservice"
_SOCKET = "/org/freedesktop/systemd1/unit/docker_2esocket"
_WANTED = (
    (_SERVICE, f"{_SYSTEMD}.Unit", "LoadState"),
    (_SERVICE, f"{_SYSTEMD}.Unit", "ActiveState"),
    (_SERVICE, f"{_SYSTEMD}.Service", "ExecMainStartTimestamp"),
    (_SOCKET, f"{_SYSTEMD}.Unit", "ActiveState"),
)
_FIRST_SERIAL = 1000
"""Of our questions: beyond those that jeepney's greeting takes."""


class EngineUnit:
    """What is known of docker.service; nothing while there is no systemd, no bus, or no such unit."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    @property
    def state(self) -> str | None:
        """systemd's ActiveState: `active`, `activating`, `deactivating`, `inactive`, `failed`, ..."""
        if self._known.get((_SERVICE, "LoadState")) in (None, "not-found", "masked"):
            return None
        return self._known.get((_SERVICE, "ActiveState"))

    @property
    def leaving(self) -> bool:
        """Whether the Engine must be left alone: it is going down, or a call would start it again through docker.socket.

        An Engine that an owner starts by hand is asked whatever the unit says, since nothing listens in its place.
        """
        if self.state == "deactivating":
            return True
        listens = self._known.get((_SOCKET, "ActiveState")) == "active"
        return listens and self.state in ("inactive", "failed")

    @property
    def since(self) -> datetime | None:
        """When the Engine's process was started, by the clock as it was then; None if it does not run."""
        moment = self._known.get((_SERVICE, "ExecMainStartTimestamp"))
        if self.state in (None, "inactive", "failed") or not isinstance(moment, int) or moment <= 0:
            return None
        return datetime.fromtimestamp(moment / 1e6, timezone.utc)

    async def follow(
        self,
        changed: Callable[[], None],
        woke: Callable[[], None],
        reloaded: Callable[[], None] = lambda: None,
    ) -> None:
        """Until the bus ends the connection. `changed` is called after each change, `woke` after a sleep, `reloaded` after
        systemd has read all its units anew (`systemctl daemon-reload`).

        Raises JobFailed where the bus cannot be followed; nothing is known then.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(get_bus("SYSTEM"))
            try:
                await asyncio.wait_for(_greet(reader, writer), ANSWER)
                connection = DBusConnection(reader, writer)
                await self._subscribe(connection)
                while True:
                    message = await connection.receive()
                    if _has_reloaded(message):
                        reloaded()
                    self._take(message, changed, woke)
            finally:
                writer.transport.abort()  # close() would wait for a bus that hangs
        except (OSError, EOFError, AuthenticationError, asyncio.TimeoutError) as error:
            raise JobFailed(
                f"cannot follow docker.service over D-Bus: {str(error) or 'it ends the connection'}",
                fix="systemctl status dbus",
            ) from error
        finally:
            self._known.clear()

    async def _subscribe(self, connection: DBusConnection) -> None:
        """First the signals, then the questions, so that no change is lost between them."""
        await connection.send(message_bus.Hello())
        for path in (_SERVICE, _SOCKET):
            rule = _signals(_SYSTEMD, path, _PROPERTIES, "PropertiesChanged")
            await connection.send(message_bus.AddMatch(rule))
        sleep = _signals(_LOGIN, "/org/freedesktop/login1", f"{_LOGIN}.Manager", "PrepareForSleep")
        await connection.send(message_bus.AddMatch(sleep))
        reload = _signals(_SYSTEMD, _MANAGER, f"{_SYSTEMD}.Manager", "Reloading")
        await connection.send(message_bus.AddMatch(reload))
        manager = DBusAddress(_MANAGER, _SYSTEMD, f"{_SYSTEMD}.Manager")
        await connection.send(new_method_call(manager, "Subscribe"))
        for number, (path, interface, name) in enumerate(_WANTED, _FIRST_SERIAL):
            unit = DBusAddress(path, _SYSTEMD, _PROPERTIES)
            question = new_method_call(unit, "Get", "ss", (interface, name))
            await connection.send(question, serial=number)

    def _take(
        self, message: Message, changed: Callable[[], None], woke: Callable[[], None]
    ) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member)
        if message.header.message_type is MessageType.signal and HeaderFields.destination in fields:
            return  # the rules are for what systemd tells everybody; this somebody sent to us alone
        if message.header.message_type is MessageType.signal and member == "PrepareForSleep":
            if message.body == (False,):
                woke()
        elif message.header.message_type is MessageType.signal and member == "PropertiesChanged":
            properties: Mapping[str, tuple[str, Any]] = message.body[1]
            self._learn(fields[HeaderFields.path], properties, changed)
        elif message.header.message_type is MessageType.method_return:
            number: int = fields.get(HeaderFields.reply_serial, 0) - _FIRST_SERIAL
            if 0 <= number < len(_WANTED):
                path, _, name = _WANTED[number]
                self._learn(path, {name: message.body[0]}, changed)

    def _learn(
        self, path: str, properties: Mapping[str, tuple[str, Any]], changed: Callable[[], None]
    ) -> None:
        news = {
            (path, name): properties[name][1]
            for unit, _, name in _WANTED
            if unit == path and name in properties
        }
        if any(self._known.get(key) != value for key, value in news.items()):
            self._known.update(news)
            changed()


def _has_reloaded(message: Message) -> bool:
    """systemd tells everybody twice: `true` when it begins to, `false` when it is done."""
    fields = message.header.fields
    return (
        message.header.message_type is MessageType.signal
        and fields.get(HeaderFields.member) == "Reloading"
        and HeaderFields.destination not in fields
        and message.body == (False,)
    )


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As jeepney does; but its own function leaves the socket open where the bus does not answer."""
    steps = Authenticator()
    for words in steps:
        writer.write(words)
        await writer.drain()
        if not (answer := await reader.read(1024)):
            raise EOFError
        steps.feed(answer)
    writer.write(BEGIN)


def _signals(sender: str, path: str, interface: str, member: str) -> MatchRule:
    return MatchRule(type="signal", sender=sender, path=path, interface=interface, member=member)
