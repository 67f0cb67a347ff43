"""The operations plane: the LAN's listener, who may come in, and what it shows."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from tarsd.api.lan.delays import Delays
from tarsd.api.lan.door import Door
from tarsd.api.lan.gate import ClientGate
from tarsd.api.lan.listener import Listener
from tarsd.api.lan.password import Password
from tarsd.api.lan.plane import Parts, Plane
from tarsd.api.lan.refused import Refused
from tarsd.api.lan.route import LanRoute
from tarsd.api.lan.server import LanServer, Observer
from tarsd.api.lan.sessions import Sessions
from tarsd.api.lan.sign_in import SignInHandlers
from tarsd.api.lan.tokens import Tokens
from tarsd.errors import HostSilent
from tarsd.host.blocking import Asker
from tarsd.host.lan_certificates import LanCertificates
from tarsd.host.secret_files import SecretFiles
from tarsd.store import Database
from tarsd.store.audit import AuditStore
from tarsd.store.tokens import TokenStore
from tarsd.web.door import refusal
from tarsd.wiring.outside import Outside

READ = 5.0
"""Seconds for the disk to give two secrets."""


@dataclass(frozen=True)
class Operations:
    """The plane, and what its neighbours ask of it."""

    plane: Plane
    server: LanServer
    listener: Listener
    certificates: LanCertificates
    tokens: Tokens
    refused: Refused


class _Nobody:
    """Counts nothing."""

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """See Observer."""


def operations(
    out: Outside,
    database: Database,
    routes: Callable[[SignInHandlers], Iterable[LanRoute]],
    log: FilteringBoundLogger,
    observer: Observer | None = None,
) -> Operations:
    """Construct it; nothing listens yet."""

    def ended() -> None:
        server.look_again()

    store, sessions, password = TokenStore(database), Sessions(ended), Password()
    tokens = Tokens(store, ended=ended)
    refused = Refused(AuditStore(database), log, time.monotonic)
    gate = ClientGate(sessions, tokens, refused, lambda: out.settings().ops.proxies)
    signing = SignInHandlers(password, sessions, Delays(time.monotonic), store, refused)
    door = Door(lambda: plane.names)
    server = LanServer(routes(signing), door, gate, observer or _Nobody(), log, refusal)
    listener = Listener(server, log)
    certificates = LanCertificates(out.paths.lan, out.own_jobs)
    refresh = _Refresh(database, store, tokens, sessions, password, out.secrets)
    parts = Parts(listener, certificates, refresh.now, refused.flush, refused.recent)

    plane = Plane(parts, lambda: out.settings().ops, log)
    return Operations(plane, server, listener, certificates, tokens, refused)


@dataclass
class _Refresh:
    """Keeps in memory what requests are judged by."""

    database: Database
    store: TokenStore
    tokens: Tokens
    sessions: Sessions
    password: Password
    secrets: SecretFiles
    opening: int = 0
    asker: Asker = field(default_factory=lambda: Asker("lan-secrets"))

    async def now(self) -> None:
        """See Parts.refresh."""
        try:
            secret, text = await self.asker.ask(
                lambda: (self._read("jwt-root"), self._read("admin-password")), READ
            )
        except asyncio.TimeoutError as error:
            raise HostSilent("cannot read the secrets: the disk does not answer") from error
        except OSError as error:
            raise HostSilent(
                f"cannot read the secrets: {error}", fix="tarsctl secrets list"
            ) from error
        self.sessions.use(secret, text)
        await self.password.use(text)
        if self.opening != self.database.openings:
            opening = self.database.openings
            await self.tokens.load()
            self.sessions.restore(await self.store.signed_out())
            self.opening = opening

    def _read(self, name: str) -> str | None:
        return None if self.secrets.missing([name]) else self.secrets.read(name)
