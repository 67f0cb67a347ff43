"""A double of the system bus with systemd on it: takes a client in, answers for properties, and tells of changes."""

import asyncio
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    Parser,
    new_method_return,
    new_signal,
)

PROPERTIES = "org.freedesktop.DBus.Properties"
SERVICE = "/org/freedesktop/systemd1/unit/docker_2eservice"
SOCKET = "/org/freedesktop/systemd1/unit/docker_2esocket"


class FakeBus:
    """`values` are the properties by path and name; `asked` is what was called, with its arguments."""

    def __init__(self, socket: Path) -> None:
        self.address = f"unix:path={socket}"
        self.values: dict[tuple[str, str], tuple[str, Any]] = {
            (SERVICE, "LoadState"): ("s", "loaded"),
            (SERVICE, "ActiveState"): ("s", "active"),
            (SERVICE, "ExecMainStartTimestamp"): ("t", 1_795_000_000_000_000),
            (SOCKET, "ActiveState"): ("s", "active"),
        }
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self._socket = socket
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._serial = 0

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._socket)

    async def stop(self) -> None:
        """Connections end, and no new one is taken."""
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def turns(self, path: str, **values: tuple[str, Any]) -> None:
        """systemd tells everybody that properties have changed."""
        self.values |= {(path, name): value for name, value in values.items()}
        emitter = DBusAddress(path, interface=PROPERTIES)
        self.tell(new_signal(emitter, "PropertiesChanged", "sa{sv}as", ("x", values, [])))

    def sleeps(self, begins: bool) -> None:
        """logind tells everybody that the machine goes to sleep, or that it woke."""
        emitter = DBusAddress("/org/freedesktop/login1", interface="org.freedesktop.login1.Manager")
        self.tell(new_signal(emitter, "PrepareForSleep", "b", (begins,)))

    def tell(self, message: Message) -> None:
        for writer in self._writers:
            self._send(writer, message)

    def _send(self, writer: asyncio.StreamWriter, message: Message) -> None:
        self._serial += 1
        writer.write(message.serialise(self._serial))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n")
            writer.write(b"OK 0123456789abcdef0123456789abcdef\r\n")
            while not (await reader.readuntil(b"\r\n")).startswith(b"BEGIN"):
                writer.write(b"AGREE_UNIX_FD\r\n")
            self._writers.add(writer)
            parser = Parser()
            while piece := await reader.read(4096):
                parser.add_data(piece)
                while (message := parser.get_next_message()) is not None:
                    self._answer(writer, message)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, call: Message) -> None:
        member = str(call.header.fields[HeaderFields.member])
        self.asked.append((member, call.body))
        assert call.header.message_type is MessageType.method_call
        if member == "Hello":
            reply = new_method_return(call, "s", (":1.7",))
        elif member == "Get":
            key = (str(call.header.fields[HeaderFields.path]), str(call.body[1]))
            reply = new_method_return(call, "v", (self.values[key],))
        else:
            reply = new_method_return(call)
        self._send(writer, reply)
