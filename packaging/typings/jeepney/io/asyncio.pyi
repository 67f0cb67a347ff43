from asyncio import StreamWriter

from jeepney import Message

class DBusConnection:
    writer: StreamWriter
    async def send(self, message: Message, *, serial: int | None = None) -> None: ...
    async def receive(self) -> Message: ...

async def open_dbus_connection(bus: str) -> DBusConnection: ...
