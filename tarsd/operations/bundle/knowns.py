"""What this machine knows that nobody else may: every secret, live and previous, and whose machine it is.

Read by child processes, a source each: one that hangs is left out and said so, but the secrets themselves must be readable.
"""

import asyncio
import base64
import binascii
import json
import pwd
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from tarsd.errors import BundleFailed, TarsError
from tarsd.host import env_files
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_files import named_env_files
from tarsd.operations.bundle.environment_knowns import of_lines, of_variable
from tarsd.operations.bundle.forked import FAILED, each
from tarsd.paths import Paths
from tarsd.redaction.known import WORDS, Known

SECONDS = 15.0
"""For one source."""

ON_DISK, BY_ENGINE = "environments of containers, from Docker's files", "environments of containers"
"""The first knows all that the second does, and asks nobody; it is only that Docker may keep its files elsewhere."""

LARGEST = 256 * 1024
"""Bytes of a file that may hold a secret; what is larger is none of ours."""

_LINE = re.compile(r"\s*(?:export\s+)?[\"']?([\w.-]+)[\"']?\s*[:= ]\s*[\"']?([^\s\"']+)")
_PLAIN_USERS = frozenset({"nobody", "user", "admin", "root", "tars"})
FIRST_USER = 1000
"""The first uid that Debian gives to a person."""


@dataclass(frozen=True)
class Source:
    """Where secrets are. A `vital` one that cannot be read ends the run: what nobody knows cannot be hidden."""

    name: str
    read: Callable[[], Iterator[Known]]
    vital: bool = False


class MachineKnowns:
    """`root` is where the machine's own files begin."""

    def __init__(self, paths: Paths, engine_socket: str, root: Path = Path("/")) -> None:
        self._paths = paths
        self._engine = engine_socket
        self._root = root
        self.unread: list[str] = []
        """Names of the sources that could not be read."""

    def read(self) -> list[Known]:
        """All there are. Raises BundleFailed. Called from a process without threads."""
        sources = self._sources()

        def work(number: int) -> Mapping[str, Any]:
            try:
                return {"known": [asdict(it) for it in sources[number].read()]}
            except (OSError, TarsError) as error:
                return {FAILED: getattr(error, "strerror", None) or type(error).__name__}

        found: list[Known] = []
        answers = each(range(len(sources)), work, lambda _: SECONDS)
        for number, source in enumerate(sources):
            answer = answers[number]
            if FAILED in answer and source.vital:
                raise BundleFailed(
                    f"cannot make a bundle: {source.name} cannot be read ({answer[FAILED]}),"
                    " and what nobody knows cannot be hidden",
                    fix=f"sudo ls -lR {self._paths.secrets}",
                )
            if FAILED in answer:
                self.unread.append(source.name)
            found += [Known(**it) for it in answer.get("known", ())]
        if ON_DISK not in self.unread:
            self.unread = [it for it in self.unread if it != BY_ENGINE]
        return found

    def _sources(self) -> Sequence[Source]:
        return (
            Source("the secrets", self._secrets, vital=True),
            Source("keys of the product", self._keys, vital=True),
            Source("env files", self._env_files),
            Source("the rendered stack", self._generations),
            Source(ON_DISK, self._containers_on_disk),
            Source(BY_ENGINE, self._containers),
            Source("Docker's sign-ins", self._docker_auth),
            Source("names of people and of this machine", self._names),
        )

    def _secrets(self) -> Iterator[Known]:
        yield from _files(self._paths.secrets, "secrets", _secret_file)

    def _keys(self) -> Iterator[Known]:
        yield from _files(self._paths.keys, "keys", _secret_file)

    def _env_files(self) -> Iterator[Known]:
        paths = {*self._paths.etc.glob("*.env"), *named_env_files(self._paths)}
        for path in sorted(paths):
            try:
                variables = env_files.read(path)
            except FileNotFoundError:
                continue
            for it in variables:
                for value in {it.value, it.value.replace("$$", "$")}:
                    yield from of_variable(it.name, value, path.name)

    def _generations(self) -> Iterator[Known]:
        for path in sorted(self._paths.generations.glob("*/compose.json")):
            try:
                stack = json.loads(path.read_bytes())
            except (FileNotFoundError, ValueError):
                continue
            for name, service in _mapping(stack, "services").items():
                for key, value in _mapping(service, "environment").items():
                    yield from of_variable(key, str(value or ""), f"stack: {name}")

    def _containers_on_disk(self) -> Iterator[Known]:
        """As Docker keeps them, for an Engine that is dead."""
        directory = self._root / "var/lib/docker/containers"
        directory.stat()
        for path in directory.glob("*/config.v2.json"):
            try:
                config = json.loads(path.read_bytes())
            except (FileNotFoundError, ValueError):
                continue
            yield from _of_container(config)

    def _containers(self) -> Iterator[Known]:
        yield from asyncio.run(self._asked())

    async def _asked(self) -> list[Known]:
        docker = DockerApi(self._engine)
        found: list[Known] = []
        try:
            for row in await docker.objects("/containers/json", {"all": "true"}):
                found += _of_container(await docker.object(f"/containers/{row['Id']}/json"))
        finally:
            await docker.close()
        return found

    def _docker_auth(self) -> Iterator[Known]:
        homes = [
            self._root / "root",
            *(self._root / "home").glob("*"),
            self._paths.state / "docker",
        ]
        for home in homes:
            for path in (home / ".docker/config.json", home / "config.json"):
                try:
                    config = json.loads(path.read_bytes())
                except (FileNotFoundError, NotADirectoryError, ValueError):
                    continue
                for row in _mapping(config, "auths").values():
                    if isinstance(row, dict):
                        yield from _of_sign_in(cast("Mapping[str, Any]", row))

    def _names(self) -> Iterator[Known]:
        host = socket.gethostname()
        for name in {host, host.partition(".")[0], socket.getfqdn()}:
            if _tells(name):
                yield Known(name, "host name", "host")
        for person in pwd.getpwall():
            if FIRST_USER <= person.pw_uid < 60000 and _tells(person.pw_name):
                yield Known(person.pw_name, "user", "user")


def _mapping(value: object, key: str) -> Mapping[str, Any]:
    """What is under `key` of a document of somebody's, as far as it has the form that it should have."""
    found = cast("Mapping[str, Any]", value).get(key) if isinstance(value, dict) else None
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _tells(name: str) -> bool:
    """Whether a name says whose it is: a short or plain one would be found in every sentence."""
    return len(name) >= 4 and name.lower() not in WORDS | _PLAIN_USERS


def _files(
    directory: Path, origin: str, read: Callable[[Path, str], Iterator[Known]]
) -> Iterator[Known]:
    for path in sorted(directory.rglob("*")) if directory.is_dir() else ():
        try:
            if path.is_file() and path.stat().st_size <= LARGEST:
                yield from read(path, f"{origin}/{path.relative_to(directory)}")
        except FileNotFoundError:  # replaced or dropped meanwhile
            continue


def _secret_file(path: Path, origin: str) -> Iterator[Known]:
    """A bare value; or lines with names (env, credentials, redis.conf); or a key in PEM."""
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if "-----BEGIN" in text:
        if "PRIVATE" in text or "SECRET" in text:
            yield from (Known(it, origin, "secret") for it in _pem(text))
    elif "\n" not in text and not path.name.endswith((".env", ".conf", ".credentials")):
        yield Known(text, origin, "secret")
    else:
        for line in text.splitlines():
            match = _LINE.match(line)
            if match and match[1] == "username" and _tells(match[2]):
                yield Known(match[2], origin, "user")
            elif match and match[1] in ("requirepass", "masterauth", "password"):
                yield Known(
                    line.partition(match[1])[2].lstrip(" =:").strip("\"' "), origin, "secret"
                )
            elif match and match[1] != "domain":
                yield from of_variable(match[1], line.partition("=")[2].strip("\"' "), origin)


def _pem(text: str) -> Iterator[str]:
    lines = text.splitlines()
    body = [it for it in lines if it and not it.startswith("-----")]
    yield from (it for it in body if len(it) >= 16)
    if len(body) > 1:
        yield "".join(body)


def _of_container(inspected: Mapping[str, Any]) -> Iterator[Known]:
    config = _mapping(inspected, "Config")
    name = str(inspected.get("Name") or "").lstrip("/")
    yield from of_lines(map(str, config.get("Env") or ()), f"container {name}")
    for key, value in _mapping(config, "Labels").items():
        if not key.startswith(("com.docker.", "org.opencontainers.")):
            yield from of_variable(key.replace(".", "_"), str(value), f"label of {name}")


def _of_sign_in(row: Mapping[str, Any]) -> Iterator[Known]:
    for key in ("identitytoken", "registrytoken", "password"):
        if row.get(key):
            yield Known(str(row[key]), "docker sign-in", "secret")
    if auth := str(row.get("auth") or ""):
        yield Known(auth, "docker sign-in", "secret")
        try:
            password = base64.b64decode(auth, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return
        if password:
            yield Known(password, "docker sign-in", "secret")
