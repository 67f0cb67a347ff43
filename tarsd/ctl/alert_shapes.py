"""The shapes of docs/json.md's alerts, for the type checker only: nothing imports this at run time."""

from __future__ import annotations

from typing import TypedDict


class Channel(TypedDict, total=False):
    name: str | None
    kind: str | None
    severity: str | None
    faults: list[str] | None
    address: bool | None
    status: str | None
    message: str | None
    failing_since: str | None
    last_sent: str | None
    waiting: int | None
    parked: int | None
    quiet: str | None


class Silence(TypedDict, total=False):
    id: str | None
    fault: str | None
    subject: str | None
    until: str | None
    reason: str | None


class Heartbeat(TypedDict, total=False):
    minutes: int | None
    address: bool | None
    withheld: str | None
    message: str | None


class Report(TypedDict, total=False):
    channels: list[Channel] | None
    silences: list[Silence] | None
    heartbeat: Heartbeat | None
    unwritten: int | None


class Notice(TypedDict, total=False):
    channel: str | None
    kind: str | None
    state: str | None
    incident: str | None
    fault: str | None
    subject: str | None
    severity: str | None
    text: str | None
    seen: str | None
    ended: str | None
    attempts: int | None
    why: str | None
    repeated: bool | None


class Tried(TypedDict, total=False):
    name: str | None
    outcome: str | None
    message: str | None
