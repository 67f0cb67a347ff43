"""The certificate that the LAN listener shows: of a CA of its own, renewed by itself, or the owner's.

Certificates are made and read in jobs: cryptography has no place in the daemon, which only hands files to OpenSSL.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from tarsd.errors import HostSilent, JobFailed
from tarsd.host.blocking import Asker, whole
from tarsd.host.files import make_directory, write_atomic
from tarsd.host.own_jobs import OwnJobs

T = TypeVar("T")

DEADLINE = 20.0
"""Seconds for a job; it takes a quarter of one."""

READ = 5.0
"""Seconds for the disk to give a few files."""

RENEW = 2 / 3
"""Of its life, after which a certificate is replaced: there are four months to notice that it was not."""

NEW_CA = "sudo tarsctl ops ca --new"

LARGEST = 256 * 1024
"""Bytes of a file in PEM, with its chain."""

CA, CA_KEY, LEAF, ABOUT = "ca.crt", "ca.key", "leaf.pem", "leaf.json"


@dataclass(frozen=True)
class Certificate:
    """What is shown: `files` are certificate and key. Times are seconds since 1970; `fingerprint` is SHA-256 of the leaf."""

    source: Literal["own", "owner"]
    files: tuple[str, str]
    begins: float
    expires: float
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    fingerprint: str
    left_out: tuple[str, ...] = ()
    """Names and addresses that our CA may not sign for."""
    trouble: str | None = None
    """Why it could not be replaced by one for all of them."""


@dataclass(frozen=True)
class Authority:
    """Our CA: where its certificate lies, and what says that it is this one."""

    file: str
    pem: str
    fingerprint: str
    expires: float


class LanCertificates:
    """In `directory`, 0700. All of it raises HostSilent, JobFailed."""

    def __init__(self, directory: Path, jobs: OwnJobs) -> None:
        self._directory = directory
        self._jobs = jobs
        self._asker = Asker("certificates")
        self._seen: dict[tuple[object, ...], Certificate] = {}
        self._authority: tuple[str, Authority] | None = None

    async def own(
        self, names: Collection[str], addresses: Collection[str], now: float
    ) -> Certificate:
        """One of our own CA for all of them; made, or made anew, where there is need. Where that fails the one before."""
        kept = await self._ask(self._kept)
        if kept is not None and _serves(kept, names, addresses, now):
            return kept
        try:
            return await self._make(list(names), list(addresses))
        except (HostSilent, JobFailed) as error:
            if kept is None:
                raise type(error)(error.message, fix=error.fix or NEW_CA) from error
            return replace(kept, trouble=error.message)

    async def owners(self, certificate: str, key: str) -> Certificate:
        """The owner's. Raises JobFailed with what is wrong with it."""

        def read() -> tuple[tuple[object, ...], str, str]:
            paths = Path(certificate), Path(key)
            stats = [path.stat() for path in paths]
            mark = (certificate, key, *((it.st_mtime_ns, it.st_size, it.st_ino) for it in stats))
            if any(it.st_size > LARGEST for it in stats):
                raise OSError("it is no certificate: it is too large")
            texts = [path.read_text(encoding="ascii", errors="replace") for path in paths]
            return mark, texts[0], texts[1]

        mark, pem, key_pem = await self._ask(read)
        if mark not in self._seen:
            about = await self._look(pem, key_pem)
            self._seen = {mark: _certificate("owner", (certificate, key), about)}
        return self._seen[mark]

    async def authority(self) -> Authority | None:
        """Our CA; None where none was made yet."""
        file = self._directory / CA
        pem = await self._ask(lambda: file.read_text(encoding="ascii") if file.exists() else None)
        if pem is None:
            return None
        if self._authority is None or self._authority[0] != pem:
            about = await self._look(pem, None)
            found = Authority(str(file), pem, about["fingerprint"], about["expires"])
            self._authority = (pem, found)
        return self._authority[1]

    async def forget(self) -> None:
        """Let the CA go: the next certificate is of a new one, which nobody trusts yet."""

        def remove() -> None:
            for name in (LEAF, ABOUT, CA_KEY, CA):
                (self._directory / name).unlink(missing_ok=True)

        await whole(remove)

    async def _make(self, names: list[str], addresses: list[str]) -> Certificate:
        ca = await self._ask(self._ca)
        given = {"ca": ca, "names": names, "addresses": addresses}
        made = await self._jobs.ask("certificate-make", given, deadline=DEADLINE)
        about = await self._look(made["leaf"]["certificate"], made["leaf"]["key"])
        leaf = str(self._directory / LEAF)
        found = _certificate("own", (leaf, leaf), about, made["left_out"])
        await self._write(made if ca is None else {**made, "ca": None}, found)
        return found

    async def _write(self, made: dict[str, Any], found: Certificate) -> None:
        """The CA before what it has signed, and what tells of a certificate last: a power cut anywhere has it made again."""

        def write() -> None:
            make_directory(self._directory)
            (self._directory / ABOUT).unlink(missing_ok=True)
            if made["ca"] is not None:
                write_atomic(self._directory / CA_KEY, made["ca"]["key"], 0o600)
                write_atomic(self._directory / CA, made["ca"]["certificate"], 0o644)
            leaf = made["leaf"]["certificate"] + made["leaf"]["key"]
            write_atomic(self._directory / LEAF, leaf, 0o600)
            write_atomic(self._directory / ABOUT, json.dumps(asdict(found)), 0o600)

        try:
            await whole(write)
        except OSError as error:
            raise HostSilent(
                f"cannot keep the certificate of the LAN listener: {error}", fix="df -h /var/lib"
            ) from error

    def _kept(self) -> Certificate | None:
        try:
            about: dict[str, Any] = json.loads((self._directory / ABOUT).read_bytes())
            given: dict[str, Any] = {
                key: tuple(it) if isinstance(it, list) else it  # pyright: ignore[reportUnknownArgumentType]
                for key, it in about.items()
            }
            found = Certificate(**given)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None  # none yet, or damaged: it is made anew
        present = all((self._directory / name).is_file() for name in (CA, CA_KEY, LEAF))
        return found if present else None

    def _ca(self) -> dict[str, str] | None:
        certificate, key = self._directory / CA, self._directory / CA_KEY
        if not certificate.exists():
            return None
        texts = [path.read_text(encoding="ascii", errors="replace") for path in (certificate, key)]
        return {"certificate": texts[0], "key": texts[1]}

    async def _look(self, certificate: str, key: str | None) -> dict[str, Any]:
        given = {"certificate": certificate, "key": key}
        return await self._jobs.ask("certificate-look", given, deadline=DEADLINE)

    async def _ask(self, look: Callable[[], T]) -> T:
        try:
            return await self._asker.ask(look, READ)
        except asyncio.TimeoutError as error:
            raise HostSilent("cannot read the certificate: the disk does not answer") from error
        except OSError as error:
            raise HostSilent(f"cannot read the certificate: {error}") from error


def _certificate(
    source: Literal["own", "owner"],
    files: tuple[str, str],
    about: dict[str, Any],
    left_out: Collection[str] = (),
) -> Certificate:
    return Certificate(
        source,
        files,
        about["begins"],
        about["expires"],
        tuple(about["names"]),
        tuple(about["addresses"]),
        about["fingerprint"],
        tuple(left_out),
    )


def _serves(
    kept: Certificate, names: Collection[str], addresses: Collection[str], now: float
) -> bool:
    """Whether it is of now and covers what can be covered; what it has beyond that does no harm."""
    late = kept.begins + (kept.expires - kept.begins) * RENEW
    known = {*kept.names, *kept.addresses, *kept.left_out}
    return kept.begins <= now < late and {*names, *addresses} <= known
