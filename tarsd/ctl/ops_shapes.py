"""The shapes of docs/json.md that are about the LAN's listener, for the type checker only; see shapes.py."""

from __future__ import annotations

from typing import TypedDict


class ShownCertificate(TypedDict, total=False):
    source: str | None
    fingerprint: str | None
    names: list[str] | None
    addresses: list[str] | None
    left_out: list[str] | None
    expires: str | None


class Unheard(TypedDict, total=False):
    address: str | None
    message: str | None


class Ops(TypedDict, total=False):
    mode: str | None
    port: int | None
    open: list[str] | None
    addresses: list[str] | None
    unheard: list[Unheard] | None
    names: list[str] | None
    certificate: ShownCertificate | None
    message: str | None
    fix: str | None
    firewall: str | None


class Authority(TypedDict, total=False):
    file: str | None
    pem: str | None
    fingerprint: str | None
    expires: str | None


class Token(TypedDict, total=False):
    id: str | None
    name: str | None
    role: str | None
    made: str | None
    expires: str | None
    expired: bool | None
    token: str | None
