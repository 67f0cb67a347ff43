"""Keeps the LAN listener as settings, addresses, certificates and secrets want it, and knows what is wrong with it."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tarsd.api.lan.door import plain
from tarsd.api.lan.listener import Listener
from tarsd.catalogue.views import LanView
from tarsd.errors import HostSilent, JobFailed, StateUnavailable, TarsError
from tarsd.host.blocking import Asker
from tarsd.host.interfaces import lan_addresses, loopback_addresses
from tarsd.host.lan_certificates import NEW_CA, Certificate, LanCertificates
from tarsd.settings import Ops

LOOK_EVERY = 15.0
"""Seconds between two looks at addresses, secrets and certificates; a look takes 0.3 ms where nothing has changed."""

READ = 5.0
"""Seconds for OpenSSL to read a certificate."""

GUESSES = 600.0
"""Seconds over which wrong passwords are counted for who watches."""


@dataclass(frozen=True)
class Parts:
    """What the plane looks after, and how it learns what it needs."""

    listener: Listener
    certificates: LanCertificates
    refresh: Callable[[], Awaitable[None]]
    """Takes over tokens, secrets and the password as they are now. Raises StateUnavailable, HostSilent."""
    flush: Callable[[], Awaitable[None]]
    """Writes what was refused into the audit log."""
    guesses: Callable[[float], int]
    """Wrong passwords within the last so many seconds."""


class Plane:
    """Nothing listens before `run`, and nothing while the settings say off."""

    def __init__(
        self,
        parts: Parts,
        settings: Callable[[], Ops],
        log: FilteringBoundLogger,
        addresses: Callable[[Sequence[str]], Sequence[str]] = lan_addresses,
        host: Callable[[], str] = socket.gethostname,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._parts, self._settings, self._log = parts, settings, log
        self._addresses, self._host, self._clock = addresses, host, clock
        self._nudge = asyncio.Event()
        self._turn = asyncio.Lock()
        self._asker = Asker("lan")
        self._names: frozenset[str] = frozenset()
        self._shown: Certificate | None = None
        self._context: ssl.SSLContext | None = None
        self._trouble: TarsError | None = None
        self._certificate_trouble: TarsError | None = None
        self._told: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What the machine is called by, names and addresses."""
        return self._names

    @property
    def certificate(self) -> Certificate | None:
        """What is shown."""
        return self._shown

    def view(self) -> LanView:
        """For the checks."""
        trouble, certificate = self._trouble, self._certificate_trouble
        return LanView(
            mode=self._settings().mode,
            port=self._settings().port,
            addresses=tuple(address for address, _ in self._parts.listener.places),
            unheard=dict(self._parts.listener.unheard),
            trouble=trouble and trouble.message,
            fix=next((it.fix for it in (trouble, certificate) if it is not None), None),
            certificate_trouble=certificate and certificate.message,
            certificate_source=self._shown.source if self._shown else None,
            expires=self._shown.expires if self._shown else None,
            left_out=self._shown.left_out if self._shown else (),
            guesses=self._parts.guesses(GUESSES),
        )

    def wake(self) -> None:
        """Something has changed: look now."""
        self._nudge.set()

    async def run(self) -> None:
        """Look after it for ever."""
        while True:
            self._nudge.clear()
            await self.tend()
            nudged = asyncio.ensure_future(self._nudge.wait())
            try:
                await asyncio.wait([nudged], timeout=LOOK_EVERY)
            finally:
                nudged.cancel()

    async def tend(self) -> None:
        """One look; whatever is wrong is told by `view`, once in the log, and tried again at the next one."""
        async with self._turn:
            try:
                await self._tend()
                self._trouble = None
            except (HostSilent, JobFailed, StateUnavailable) as error:
                self._trouble = error
            except asyncio.TimeoutError:
                self._trouble = HostSilent("cannot listen for the LAN: the disk does not answer")
            except OSError as error:
                self._trouble = HostSilent(f"cannot listen for the LAN: {error}")
            except Exception as error:  # noqa: BLE001  a defect must not end it for good
                self._log.exception("lan.defect")
                self._trouble = HostSilent(f"cannot listen for the LAN: {error!r}")
            self._tell()

    async def stop(self) -> None:
        """Listen no more; streams are ended at once."""
        await self._parts.listener.stop()

    async def _tend(self) -> None:
        settings = self._settings()
        await self._parts.flush()
        if settings.mode == "off":
            self._names, self._shown, self._context = frozenset(), None, None
            self._parts.listener.silence()
            return
        unread: HostSilent | None = None
        try:
            await self._parts.refresh()
        except StateUnavailable:  # whose upkeep tells; what is known by now stays so
            pass
        except HostSilent as error:  # nobody can sign in; who has a token can look
            unread = error
        addresses = [*loopback_addresses()]
        outside: Sequence[str] = ()
        if settings.mode == "lan":
            outside = self._addresses(settings.interfaces)
            addresses += outside
        names = self._own_names(settings)
        self._names = frozenset({*names, *map(plain, addresses)})
        shown = await self._certificate(settings, names, addresses)
        if shown != self._shown or self._context is None:
            self._context = await self._asker.ask(lambda: _context(shown), READ)
            self._shown = shown
            self._log.info("lan.certificate", source=shown.source, fingerprint=shown.fingerprint)
        before = set(self._parts.listener.places)
        self._parts.listener.listen([(it, settings.port) for it in addresses], self._context)
        if after := set(self._parts.listener.places) - before:
            self._log.info("lan.listening", places=sorted(f"{it[0]} {it[1]}" for it in after))
        if unread is not None:
            raise unread
        if settings.mode == "lan" and not outside:
            named = ", ".join(settings.interfaces)
            raise HostSilent(
                f"cannot listen for the LAN: {named} has no address"
                if named
                else "cannot listen for the LAN: no interface leads out",
                fix="ip -brief address; name an interface in ops.interfaces of /etc/tars-home/tars-home.toml",
            )

    async def _certificate(
        self, settings: Ops, names: Sequence[str], addresses: Sequence[str]
    ) -> Certificate:
        """The owner's, if it can be used; else ours, for a page with a warning is better than none."""
        self._certificate_trouble = None
        certificates = self._parts.certificates
        if settings.certificate is not None and settings.key is not None:
            try:
                return await certificates.owners(settings.certificate, settings.key)
            except (HostSilent, JobFailed) as error:
                self._certificate_trouble = HostSilent(
                    f"cannot use {settings.certificate}: {error.message.partition(': ')[2] or error.message}"
                )
        shown = await certificates.own(names, addresses, self._clock())
        if shown.trouble is not None:
            self._certificate_trouble = HostSilent(shown.trouble, fix=NEW_CA)
        return shown

    def _own_names(self, settings: Ops) -> list[str]:
        host = self._host().lower()
        short = host.partition(".")[0]
        return list(dict.fromkeys([short, f"{short}.local", host, "localhost", *settings.names]))

    def _tell(self) -> None:
        wrong = [it.message for it in (self._trouble, self._certificate_trouble) if it is not None]
        wrong += [f"{address}: {why}" for address, why in self._parts.listener.unheard.items()]
        told = "; ".join(wrong) or None
        if told != self._told:
            self._told = told
            if told is not None:
                self._log.error("lan.trouble", message=told)
            else:
                self._log.info("lan.well")


def _context(shown: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(*shown.files, password=lambda: "")
    except (OSError, ValueError) as error:
        raise HostSilent(
            f"cannot use the certificate {shown.files[0]}: {error}",
            fix="tarsctl ops status" if shown.source == "owner" else NEW_CA,
        ) from error
    return context
