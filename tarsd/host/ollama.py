"""Ollama's HTTP API on its published loopback port: what is there, what is loaded, and pulls as they come."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import aiohttp
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tarsd.errors import ModelServerRefused, ModelServerUnavailable
from tarsd.host.http import HttpSession, why

DEADLINE = 5.0
"""Seconds for a call that only looks."""

ACT_DEADLINE = 60.0
"""Seconds to remove a model, whose files may be many GiB, and for a pull to begin to answer."""

SILENCE = 300.0
"""Seconds between two lines of a download; Ollama itself gives a stalled part up after 30 s and tries again."""

VERIFY_SILENCE = 3600.0
"""Seconds without a line while digests are verified: 200 GB from a disk of 60 MB/s."""

LARGEST_ANSWER = 16 << 20
"""Bytes of an answer that is no stream; /api/show of a large model has about 1 MB."""

RESTART = "tarsctl status; sudo tarsctl restart ollama"

Bytes = Annotated[int, Field(ge=0)]
Whole = TypeVar("Whole", bound="Answer")


class Answer(BaseModel):
    """A part of an answer; keys that are not asked for are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Model(Answer):
    """A model on this machine, with its tag and its size in bytes."""

    name: str
    size: Bytes = 0
    digest: str = ""
    modified_at: str = ""


class Loaded(Answer):
    """A model in memory: its size there, how much of it is in a GPU's memory, and until when (ISO 8601)."""

    name: str
    size: Bytes = 0
    size_vram: Bytes = 0
    expires_at: str = ""
    context_length: int | None = None
    """Tokens that it was loaded for; None where the server is too old to tell."""


class Details(Answer):
    """What kind of model it is."""

    family: str = ""
    parameter_size: str = ""
    quantization_level: str = ""


def _text(value: object) -> object:
    return "\n".join(map(str, value)) if isinstance(value, list) else value or ""  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


class About(Answer):
    """What a model says of itself."""

    details: Details = Details()
    model_info: dict[str, Any] = Field(default_factory=dict[str, Any])
    capabilities: tuple[str, ...] = ()
    license: Annotated[str, BeforeValidator(_text)] = ""

    @property
    def context_length(self) -> int | None:
        """Tokens the model was made for; None where it does not say."""
        architecture = self.model_info.get("general.architecture")
        found = self.model_info.get(f"{architecture}.context_length")
        return found if isinstance(found, int) else None


class Made(Answer):
    """What a model has made: vectors, or words. Times are in nanoseconds; `load_duration` is what loading it took."""

    embeddings: tuple[tuple[float, ...], ...] = ()
    response: str = ""
    done: bool = True
    done_reason: str = ""
    eval_count: int = 0
    load_duration: int = 0


class PullLine(Answer):
    """A line of a pull: words for the moment and, while a layer comes, its digest and bytes."""

    status: str = ""
    digest: str | None = None
    total: Bytes | None = None
    completed: Bytes = 0
    error: str | None = None


class _Tags(Answer):
    models: list[Model] | None


class _Running(Answer):
    models: list[Loaded] | None


def full_name(name: str) -> str:
    """A name as Ollama lists it: without its default registry, and with a tag."""
    short = re.sub(r"^(registry\.ollama\.ai/)?(library/)?", "", name)
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def same_name(one: str, other: str) -> bool:
    """Whether two names mean one model; Ollama does not tell upper from lower case."""
    return full_name(one).casefold() == full_name(other).casefold()


class Ollama:
    """Raises ModelServerUnavailable where nobody answers in time or sense, ModelServerRefused where it says no."""

    def __init__(self, http: HttpSession, port: Callable[[], int]) -> None:
        self._http = http
        self._port = port

    async def models(self) -> list[Model]:
        """The models on this machine."""
        return (await self._object("GET", "/api/tags", None, _Tags)).models or []

    async def find(self, name: str) -> Model | None:
        """The model of that name, if it is on this machine."""
        return next((it for it in await self.models() if same_name(it.name, name)), None)

    async def loaded(self) -> list[Loaded]:
        """The models in memory."""
        return (await self._object("GET", "/api/ps", None, _Running)).models or []

    async def show(self, name: str) -> About:
        """What a model says of itself."""
        return await self._object("POST", "/api/show", {"model": name}, About)

    async def remove(self, name: str) -> None:
        """Remove a model and those of its layers that no other model has."""
        async with self._begun("DELETE", "/api/delete", {"model": name}):
            pass

    async def pull(self, name: str) -> AsyncGenerator[PullLine, None]:
        """The lines of a pull; ending the iteration ends the pull, and what was got stays for the next one.

        An error told within the stream is raised as ModelServerRefused, a stream cut or silent as ModelServerUnavailable.
        """
        silence = SILENCE
        async with self._begun("POST", "/api/pull", {"model": name, "stream": True}) as response:
            while raw := await asyncio.wait_for(response.content.readline(), silence):
                line = self._read(raw, PullLine, "/api/pull")
                if line.error is not None:
                    raise _refused("/api/pull", response.status, line.error)
                silence = VERIFY_SILENCE if line.status.startswith("verifying") else SILENCE
                yield line

    async def embed(
        self, model: str, texts: Sequence[str], context: int | None, deadline: float
    ) -> Made:
        """The vectors of texts by a model in memory; `context` is what it was loaded for, or it would be loaded anew.

        How long it then stays in memory is as its user has said: no `keep_alive` is given.
        """
        body = {"model": model, "input": list(texts), "options": _options(context)}
        return await self._object("POST", "/api/embed", body, Made, deadline)

    async def one_token(self, model: str, context: int | None, deadline: float) -> Made:
        """Let a model in memory make one token; the rest as `embed` has it."""
        options = {**_options(context), "num_predict": 1}
        body = {"model": model, "prompt": "1 2 3", "raw": True, "stream": False, "options": options}
        return await self._object("POST", "/api/generate", body, Made, deadline)

    async def _object(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        shape: type[Whole],
        deadline: float = DEADLINE,
    ) -> Whole:
        async with self._begun(method, path, body, deadline) as response:
            raw = await asyncio.wait_for(_whole(response), deadline)
        return self._read(raw, shape, path)

    def _read(self, raw: bytes, shape: type[Whole], path: str) -> Whole:
        try:
            return shape.model_validate_json(raw)
        except ValidationError as error:
            raise self._senseless(path) from error

    @asynccontextmanager
    async def _begun(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        deadline: float = ACT_DEADLINE,
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """An answer whose head came within `deadline` seconds and says yes."""
        address = f"127.0.0.1:{self._port()}"
        call = self._http.request(method, f"http://{address}{path}", body)
        try:
            async with await asyncio.wait_for(call, deadline) as response:
                if response.status != 200:
                    raise _refused(path, response.status, await _words(response))
                yield response
        except asyncio.TimeoutError as error:
            raise ModelServerUnavailable(
                f"cannot reach the model server at {address}: no answer to {path} in time",
                fix=RESTART,
                details={"silent": True},
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ModelServerUnavailable(
                f"cannot reach the model server at {address}: {why(error)}", fix=RESTART
            ) from error
        except ValueError as error:  # aiohttp: a line that does not end
            raise self._senseless(path) from error

    def _senseless(self, path: str) -> ModelServerUnavailable:
        return ModelServerUnavailable(
            f"cannot understand the model server at 127.0.0.1:{self._port()}: "
            f"its answer to {path} is not of its API's shape",
            fix=RESTART,
        )


def _options(context: int | None) -> dict[str, int]:
    return {} if context is None else {"num_ctx": context}


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises ValueError where it is larger than any true answer."""
    kept = bytearray()
    async for piece in response.content.iter_any():
        kept += piece
        if len(kept) > LARGEST_ANSWER:
            raise ValueError(f"an answer of more than {LARGEST_ANSWER} bytes")
    return bytes(kept)


async def _words(response: aiohttp.ClientResponse) -> str:
    """Why it says no."""
    raw = await asyncio.wait_for(_whole(response), DEADLINE)
    try:
        return str(json.loads(raw)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status}"


def _refused(path: str, status: int, words: str) -> ModelServerRefused:
    said = " ".join(words.split())[:300]
    return ModelServerRefused(
        f"cannot do {path}: the model server says {said!r}",
        fix="tarsctl logs ollama",
        details={"status": status, "said": said},
    )
