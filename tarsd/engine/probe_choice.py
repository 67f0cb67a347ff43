"""From a service's labels and role to the probe that asks it; labels lead to this machine and nowhere else."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from tarsd.catalogue.views import Level
from tarsd.host.blocking import Asker
from tarsd.host.conversation import LOOPBACK, Address
from tarsd.host.generations import Service
from tarsd.host.http import HttpSession
from tarsd.host.own_addresses import own_addresses
from tarsd.host.postgres.scram import SaltedKeys
from tarsd.host.probes.chroma_scratch import ChromaScratch
from tarsd.host.probes.expect import KNOWN, Expectation, parse
from tarsd.host.probes.http import HttpProbe
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.host.probes.postgres_scratch import PostgresScratch
from tarsd.host.probes.probe import DEADLINE, Probe, ReadSecret
from tarsd.host.probes.redis import RedisProbe
from tarsd.host.probes.redis_scratch import RedisScratch
from tarsd.host.probes.tcp import TcpProbe
from tarsd.host.secret_files import SecretFiles
from tarsd.host.webui import WebUi

IpAddress = IPv4Address | IPv6Address

SECRET_DEADLINE = 2.0
"""Seconds for a file of a few bytes; less than any probe's own, so that a slow disk is not taken for a slow service."""

_LOOPBACK = {4: LOOPBACK, 6: "::1"}
_PASSWORDS = {"redis": "redis-password", "postgres": "postgres-password"}
_PROTOCOLS = {"cache": "redis", "db": "postgres"}
"""By role, for a service that is given our password; another's we do not know, and only connect to it."""


class Unusable(Exception):
    """Labels that cannot be followed, and why."""


@dataclass(frozen=True)
class Choice:
    """The probe of a service, or None; `problem` says in words why labels that are there cannot be followed."""

    probe: Probe | None
    problem: str | None = None
    level: Level = "ready"
    """What a pass proves: a connection that is taken proves no more than that somebody is there."""


class ProbeChooser:
    """Asks nobody; secrets are read by the probes when they ask."""

    def __init__(
        self,
        secrets: SecretFiles,
        http: HttpSession,
        own: Callable[[], frozenset[IpAddress]] = own_addresses,
    ) -> None:
        self._secrets = secrets
        self._http = http
        self._own = own
        self._keys = SaltedKeys()
        self._asker = Asker("probe-secrets")
        self._chroma = asyncio.Lock()

    def choose(self, service: Service, deadline: float = DEADLINE) -> Choice:
        """The probe that its labels ask for. Nonsense in them is a problem, never an error."""
        labels = service.probe
        try:
            if labels.url is not None:
                return Choice(self._http_probe(service, labels.url, deadline))
            if labels.port is not None:
                probe = self._port_probe(service, labels.port, deadline)
                return Choice(probe, level="live" if isinstance(probe, TcpProbe) else "ready")
        except Unusable as error:
            return Choice(None, str(error))
        return Choice(None)

    def task(self, service: Service) -> Probe | None:
        """What has a service do a whole task of its own and leaves nothing behind; None where we know of none for it.

        It is reached, and given its password, as its probe is.
        """
        probe = self.choose(service).probe
        if isinstance(probe, RedisProbe):
            return RedisScratch(probe.address, probe.password)
        if isinstance(probe, PostgresProbe):
            return PostgresScratch(
                probe.address, probe.user, probe.database, probe.password, keys=probe.keys
            )
        if isinstance(probe, HttpProbe) and service.role == "vector":
            return ChromaScratch(self._http, probe.address, self._chroma)
        return None

    def webui(self, service: Service) -> WebUi | None:
        """The web UI behind a service's probe; None for any other service."""
        probe = self.choose(service).probe
        if service.role != "ui" or not isinstance(probe, HttpProbe):
            return None
        return WebUi(self._http, probe.address)

    def secret(self, name: str) -> ReadSecret:
        """Reads a secret when it is called."""

        async def read() -> str:
            # One thread for all of them: a disk that hangs must not take the daemon's, one for each question.
            return await self._asker.ask(lambda: self._secrets.read(name), SECRET_DEADLINE)

        return read

    def _http_probe(self, service: Service, url: str, deadline: float) -> Probe:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 80
        except ValueError as error:
            raise Unusable(f"tars.probe.url is no URL: {error}") from error
        if parts.scheme != "http" or host is None or parts.username is not None:
            raise Unusable("tars.probe.url must be http://ADDRESS:PORT/PATH")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.startswith("/") or not path.isprintable() or " " in path:
            raise Unusable("tars.probe.url has a path that is none")
        address = self._reached(service, Address(self._local(host), port))
        expected = _expected(service, parts.path)
        return HttpProbe(self._http, address, path, expected, deadline)

    def _port_probe(self, service: Service, port: str, deadline: float) -> Probe:
        number = int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0
        if not 0 < number < 65536:
            raise Unusable("tars.probe.port must be a port from 1 to 65535")
        address = self._reached(service, Address(_LOOPBACK[4], number))
        protocol = _protocol(service)
        password = self._password(service, protocol)
        if protocol == "redis":
            return RedisProbe(address, password, deadline)
        if protocol == "postgres":
            labels = service.probe
            user, database = labels.database_user, labels.database
            return PostgresProbe(address, user, database, password, deadline, self._keys)
        return TcpProbe(address, deadline)

    def _password(self, service: Service, protocol: str) -> ReadSecret | None:
        name = _PASSWORDS.get(protocol)
        if name is None or name not in service.probe.secrets:
            return None
        return self.secret(name)

    def _local(self, host: str) -> str:
        """The address meant, if it is loopback or this machine's. Raises Unusable; names are not looked up."""
        if host == "localhost":
            return _LOOPBACK[4]
        try:
            address = ip_address(host)
        except ValueError:
            raise Unusable("tars.probe.url must name an address, not a host") from None
        if address.is_unspecified:
            return _LOOPBACK[address.version]
        if not address.is_loopback and address not in self._addresses():
            raise Unusable(f"tars.probe.url leads to {address}, which is not this machine")
        return str(address)

    def _addresses(self) -> frozenset[IpAddress]:
        try:
            return self._own()
        except OSError as error:
            raise Unusable(f"this machine's own addresses cannot be read: {error}") from error

    def _reached(self, service: Service, address: Address) -> Address:
        """Where the service's port is published: the web page may be on one address of this machine only."""
        if service.probe.host_network:
            return address
        hosts = {host for host, port in service.probe.published if port == address.port}
        if not hosts:
            raise Unusable(f"port {address.port} is not published by {service.name}")
        if address.host in hosts or hosts & {"", "0.0.0.0", "::"}:  # noqa: S104  compared, not bound
            return address
        return Address(self._local(min(hosts)), address.port)


def _protocol(service: Service) -> str:
    asked = (service.probe.expect or "").strip()
    if asked in ("redis", "postgres", "tcp"):
        return asked
    if asked:
        raise Unusable("tars.probe.expect of a port must be redis, postgres or tcp")
    protocol = _PROTOCOLS.get(service.role, "tcp")
    return protocol if _PASSWORDS.get(protocol) in service.probe.secrets else "tcp"


def _expected(service: Service, path: str) -> Expectation:
    label = service.probe.expect
    if label is None or not label.strip():
        return KNOWN.get((service.role, path), Expectation())
    try:
        return parse(label)
    except ValueError as error:
        raise Unusable(f"tars.probe.expect {error}") from error
