"""systemd over the system bus: short blocking conversations, each on a connection of its own, run in worker threads.

Blocking, because jeepney passes file descriptors only there; short, because a bus that hangs must cost one thread
until its deadline and nothing else.
"""

import os
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse

from tarsd.errors import JobFailed

_BUS = "org.freedesktop.systemd1"
_MANAGER = DBusAddress(
    "/org/freedesktop/systemd1",
    bus_name=_BUS,
    interface="org.freedesktop.systemd1.Manager",
)
_ANSWER = 10.0
"""Seconds systemd may take to accept a request; it answers in milliseconds unless it is stuck."""
_RELOAD = 90.0
"""Seconds for a reload, which runs every generator (the manager's own DefaultTimeoutStartSec)."""

LONGEST_TALK = 6 * _ANSWER
"""Seconds that run_unit() may take beyond its deadline: each request for itself, if the bus answers at all."""

Properties = Mapping[str, tuple[str, object]]
"""Unit properties by name as D-Bus variants: (signature, value)."""


@dataclass(frozen=True)
class UnitEnd:
    """How a unit ended: systemd's word (`success`, `exit-code`, `timeout`, ...) and the exit status."""

    result: str
    status: int


class NoSuchUnit(JobFailed):
    """systemd knows no unit of that name: it never was, or is gone already."""


@contextmanager
def _connect() -> Generator[DBusConnection, None, None]:
    try:
        connection = open_dbus_connection(bus="SYSTEM", enable_fds=True)
    except (OSError, KeyError) as error:
        raise JobFailed(
            f"cannot reach systemd over D-Bus: {error}", fix="systemctl status dbus"
        ) from error
    try:
        yield connection
    except (OSError, DBusErrorResponse) as error:
        raise JobFailed(
            f"cannot talk to systemd: {str(error) or 'it does not answer'}",
            fix="systemctl status dbus",
        ) from error
    finally:
        connection.close()


def _call(
    connection: DBusConnection,
    method: str,
    signature: str = "",
    body: tuple[Any, ...] = (),
    timeout: float = _ANSWER,
) -> tuple[Any, ...]:
    call = new_method_call(_MANAGER, method, signature or None, body)
    reply = connection.send_and_get_reply(call, timeout=timeout)
    if reply.header.message_type is MessageType.error:
        gone = reply.header.fields.get(HeaderFields.error_name) == f"{_BUS}.NoSuchUnit"
        said = reply.body[0] if reply.body else "?"
        raise (NoSuchUnit if gone else JobFailed)(
            f"cannot {method}: systemd says {said}", fix="systemctl status"
        )
    return reply.body


def run_unit(name: str, properties: Properties, deadline: float) -> UnitEnd:
    """Start a transient oneshot service and wait for its end, at most `deadline` seconds plus systemd's own answer.

    File descriptors in `properties` (signature `h`) are passed on and stay the caller's. Raises JobFailed.
    """
    wanted = [(key, value) for key, value in properties.items()]
    request: tuple[object, ...] = (name, "fail", [*wanted, ("AddRef", ("b", True))], [])
    with _connect() as connection:
        _finished_job(
            connection, "StartTransientUnit", "ssa(sv)a(sa(sv))", request, deadline + _ANSWER
        )
        return _end(connection, name)


def _finished_job(
    connection: DBusConnection,
    method: str,
    signature: str,
    body: tuple[object, ...],
    deadline: float,
) -> str:
    """Ask for a job of systemd's and wait for its end; subscribed before, so that no end is missed.

    `deadline` is of the whole wait, however many jobs of others end meanwhile. Returns systemd's word for the end:
    `done`, `failed`, `timeout`, `dependency`, ... Raises TimeoutError.
    """
    rule = MatchRule(
        type="signal", interface="org.freedesktop.systemd1.Manager", member="JobRemoved"
    )
    Proxy(message_bus, connection, timeout=_ANSWER).AddMatch(rule)
    _call(connection, "Subscribe")
    with connection.filter(rule, bufsize=1000) as signals:
        job = _call(connection, method, signature, body)[0]
        end = time.monotonic() + deadline
        while (left := end - time.monotonic()) > 0:
            removed = connection.recv_until_filtered(signals, timeout=left).body
            if removed[1] == job:
                return str(removed[3])
    raise TimeoutError


def _end(connection: DBusConnection, name: str) -> UnitEnd:
    path = _call(connection, "GetUnit", "s", (name,))[0]
    service = "org.freedesktop.systemd1.Service"
    return UnitEnd(
        _property(connection, path, service, "Result"),
        _property(connection, path, service, "ExecMainStatus"),
    )


def timedate(*names: str) -> list[Any]:
    """Properties of systemd-timedated, which the bus starts for the question. Raises JobFailed within 5 s."""
    service = "org.freedesktop.timedate1"
    path = "/org/freedesktop/timedate1"
    with _connect() as connection:
        return [_property(connection, path, service, name, service, 2.5) for name in names]


def _property(
    connection: DBusConnection,
    path: str,
    interface: str,
    name: str,
    bus: str = _BUS,
    timeout: float = _ANSWER,
) -> Any:
    address = DBusAddress(path, bus, "org.freedesktop.DBus.Properties")
    reply = connection.send_and_get_reply(
        new_method_call(address, "Get", "ss", (interface, name)), timeout=timeout
    )
    if reply.header.message_type is MessageType.error:
        raise JobFailed(f"cannot read {name} of {path}: {reply.body[0] if reply.body else '?'}")
    return reply.body[0][1]


def stop_unit(name: str, deadline: float = 20.0) -> None:
    """Stop a unit and return when it is gone, at most `deadline` seconds later. Raises JobFailed, NoSuchUnit."""
    with _connect() as connection:
        _finished_job(connection, "StopUnit", "ss", (name, "replace"), deadline)


def start_unit(name: str, deadline: float) -> str:
    """Start a unit that there is and wait for the end of its start; returns systemd's word for it. Raises JobFailed."""
    with _connect() as connection:
        return _finished_job(connection, "StartUnit", "ss", (name, "replace"), deadline)


Move = Literal["start", "restart", "reload-or-restart"]

_MOVES: dict[Move, str] = {
    "start": "StartUnit",
    "restart": "RestartUnit",
    "reload-or-restart": "ReloadOrRestartUnit",
}


def move_unit(name: str, how: Move, deadline: float) -> str:
    """Do this to a unit, whether it has failed too often before or not, and wait for its end; returns systemd's word for it.

    Raises JobFailed.
    """
    reset_failed(name)
    with _connect() as connection:
        return _finished_job(connection, _MOVES[how], "ss", (name, "replace"), deadline)


@dataclass(frozen=True)
class UnitState:
    """`moving`: a job of systemd's (a start, stop, restart) waits or runs; `active`: `active`, `failed`, `inactive`, ..."""

    moving: bool
    active: str


def restart_unit(name: str) -> None:
    """Let systemd begin to stop and start a unit, whether it has failed too often before or not. Raises JobFailed."""
    with _connect() as connection:
        with suppress(JobFailed):  # one that is not loaded has not failed
            _call(connection, "ResetFailedUnit", "s", (name,))
        _call(connection, "RestartUnit", "ss", (name, "replace"))


def unit_state(name: str) -> UnitState:
    """How a unit is now. Raises JobFailed."""
    with _connect() as connection:
        path = _call(connection, "GetUnit", "s", (name,))[0]
        unit = "org.freedesktop.systemd1.Unit"
        job = _property(connection, path, unit, "Job")
        return UnitState(job[0] != 0, str(_property(connection, path, unit, "ActiveState")))


def restarts(name: str) -> int:
    """How often systemd started a service again by itself, since its owner started it; 0 for what is not loaded.

    Raises JobFailed.
    """
    with _connect() as connection:
        try:
            path = _call(connection, "GetUnit", "s", (name,))[0]
        except NoSuchUnit:
            return 0
        return int(_property(connection, path, "org.freedesktop.systemd1.Service", "NRestarts"))


@dataclass(frozen=True)
class MountEnd:
    """How systemd's last try with a mount unit ended: `result` is its word, `exit-code` where mount was refused.

    `invocation` is the number of that try, `at` its end in seconds since the boot.
    """

    result: str
    invocation: str
    at: float


def mount_end(name: str) -> MountEnd | None:
    """Of a mount unit that failed; None where it did not, or is not loaded. Raises JobFailed."""
    with _connect() as connection:
        try:
            path = _call(connection, "GetUnit", "s", (name,))[0]
        except NoSuchUnit:
            return None
        unit = f"{_BUS}.Unit"
        if _property(connection, path, unit, "ActiveState") != "failed":
            return None
        at = _property(connection, path, unit, "InactiveEnterTimestampMonotonic")
        number = bytes(_property(connection, path, unit, "InvocationID")).hex()
        return MountEnd(
            _property(connection, path, f"{_BUS}.Mount", "Result"), number, at / 1_000_000
        )


def reload() -> None:
    """Let systemd read its unit files again. Raises JobFailed."""
    with _connect() as connection:
        _call(connection, "Reload", timeout=_RELOAD)


def set_enabled(name: str, *, enabled: bool) -> None:
    """Enable or disable a unit for the next boots; either may be so already. Raises JobFailed."""
    with _connect() as connection:
        if enabled:
            _call(connection, "EnableUnitFiles", "asbb", ([name], False, True))
        else:
            _call(connection, "DisableUnitFiles", "asb", ([name], False))


def unit_file_states(names: Sequence[str]) -> dict[str, str]:
    """systemd's word for whether each starts at boot; those that it has no file for are left out. Raises JobFailed."""
    found: dict[str, str] = {}
    with _connect() as connection:
        for name in names:
            with suppress(JobFailed):
                found[name] = str(_call(connection, "GetUnitFileState", "s", (name,))[0])
    return found


def reset_failed(name: str) -> None:
    """Forget that a unit failed, so that it can be forgotten itself; a unit that is not loaded has not failed."""
    with _connect() as connection, suppress(JobFailed):
        _call(connection, "ResetFailedUnit", "s", (name,))


def list_units(pattern: str) -> list[str]:
    """Names of the loaded units that match a shell pattern. Raises JobFailed."""
    with _connect() as connection:
        rows = _call(connection, "ListUnitsByPatterns", "asas", ([], [pattern]))[0]
        return [row[0] for row in rows]


def stopping(name: str) -> bool:
    """Whether this unit is being stopped, be it to start again, or the whole machine is. Raises JobFailed.

    systemd calls itself `stopping` from the moment in which shutdown.target is queued, and a service `deactivating` that
    tells of its own end (`STOPPING=1`, as dockerd does at SIGTERM).
    """
    manager = "/org/freedesktop/systemd1"
    with _connect() as connection:
        host = _property(connection, manager, f"{_BUS}.Manager", "SystemState")
        path = _call(connection, "LoadUnit", "s", (name,))[0]
        unit = _property(connection, path, f"{_BUS}.Unit", "ActiveState")
        return host == "stopping" or unit == "deactivating"


def booted() -> bool:
    """Whether systemd is this machine's init (sd_booted(3))."""
    return os.path.isdir("/run/systemd/system")  # noqa: PTH112  one stat; no Path for a constant
