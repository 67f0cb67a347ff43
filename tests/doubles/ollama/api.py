"""The double's answers: one function per path, each given the request's JSON body."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from . import VERSION, replies
from .pull import pull
from .scenario import Scenario
from .store import Model, Store

Body = dict[str, Any]
Answer = Body | Iterator[Body]
"""One JSON object, or several that are streamed."""

CONTEXT = 4096
"""Tokens that a model is loaded for unless a client asks for another number: then it is loaded anew."""

LOADS, IS_LOADED = 3_000_000_000, 20_000_000
"""Nanoseconds that it says loading took, and that it says where there was nothing to load."""

KEEP_LOADED = timedelta(minutes=5)
"""Ollama's default for how long a model stays in memory."""


class Failure(Exception):
    """A request that Ollama answers with an error; has its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """The state behind the answers: the models on disk, those in memory, and the scenario."""

    def __init__(self, store: Store, scenario: Scenario) -> None:
        self.scenario = scenario
        self._store = store
        self._lock = threading.Lock()
        self._loaded: dict[str, datetime] = {}
        self._contexts: dict[str, int] = {}
        self._counts = {"loads": 0, "asked": 0}
        self.routes: dict[tuple[str, str], Callable[[Body], Answer]] = {
            ("GET", "/api/version"): lambda _: {"version": VERSION},
            ("GET", "/api/tags"): self._tags,
            ("GET", "/api/ps"): self._ps,
            ("POST", "/api/show"): self._show,
            ("POST", "/api/pull"): self._pull,
            ("DELETE", "/api/delete"): self._delete,
            ("POST", "/api/embed"): self._embed,
            ("POST", "/api/generate"): self._generate,
            ("POST", "/api/chat"): self._chat,
            ("POST", "/double/scenario"): self._set_scenario,
            ("GET", "/double/counts"): lambda _: dict(self._counts),
        }

    def _tags(self, _: Body) -> Body:
        return {"models": [replies.description(model) for model in self._store.models()]}

    def _ps(self, _: Body) -> Body:
        with self._lock:
            now = datetime.now(timezone.utc)
            self._loaded = {name: end for name, end in self._loaded.items() if end > now}
            loaded = dict(self._loaded)
        models: list[Body] = []
        for model in self._store.models():
            if model.name in loaded:
                on_gpu = int(model.size * self.scenario.vram_share)
                ends = loaded[model.name].isoformat()
                memory = {"expires_at": ends, "size_vram": on_gpu}
                memory["context_length"] = self._contexts.get(model.name, CONTEXT)
                models.append({**replies.description(model), **memory})
        return {"models": models}

    def _show(self, body: Body) -> Body:
        model = self._find(body)
        about = replies.description(model)
        capability = "embedding" if model.is_embedding else "completion"
        return {
            "modelfile": f"# a double of {model.name}\n",
            "details": about["details"],
            "model_info": {"general.architecture": about["details"]["family"]},
            "capabilities": [capability],
            "modified_at": model.modified_at,
        }

    def _pull(self, body: Body) -> Answer:
        lines = pull(self._store, self.scenario, _name(body))
        if body.get("stream", True):
            return lines
        *_, last = lines
        if "error" in last:
            raise Failure(500, last["error"])
        return last

    def _delete(self, body: Body) -> Body:
        name = _name(body)
        if not self._store.remove(name):
            raise Failure(404, f"model '{name}' not found")
        return {}

    def _embed(self, body: Body) -> Body:
        model, took = self._load(body)
        asked = body.get("input", "")
        texts: list[str] = [asked] if isinstance(asked, str) else asked
        vectors = [replies.embedding(text) for text in texts]
        count = {"prompt_eval_count": len(texts), "load_duration": took}
        return {"model": model.name, "embeddings": vectors, **count}

    def _generate(self, body: Body) -> Answer:
        prompt = body.get("prompt", "")
        spoken = replies.words(prompt) if prompt else []
        return self._tell(body, spoken, lambda text: {"response": text})

    def _chat(self, body: Body) -> Answer:
        messages: list[Body] = body.get("messages") or []
        spoken = replies.words(messages[-1].get("content", "")) if messages else []
        return self._tell(
            body, spoken, lambda text: {"message": {"role": "assistant", "content": text}}
        )

    def _tell(self, body: Body, spoken: list[str], shape: Callable[[str], Body]) -> Answer:
        """The answer of a model, streamed or whole; with nothing to say it is only loaded."""
        model, took = self._load(body)
        options: Body = body.get("options") or {}
        most: int | None = options.get("num_predict")
        spoken = spoken[:most] if most is not None and most >= 0 else spoken
        head = {"model": model.name, "created_at": replies.now()}
        end = {"done": True, "done_reason": "stop" if spoken else "load", "eval_count": len(spoken)}
        end["load_duration"] = took
        if not body.get("stream", True):
            return {**head, **shape("".join(spoken)), **end}
        lines = [{**head, **shape(piece), "done": False} for piece in spoken]
        return iter([*lines, {**head, **shape(""), **end}])

    def _set_scenario(self, body: Body) -> Body:
        try:
            self.scenario = self.scenario.changed(body)
        except ValueError as error:
            raise Failure(400, str(error)) from error
        return {"scenario": vars(self.scenario)}

    def _load(self, body: Body) -> tuple[Model, int]:
        """The model asked for, in memory from now on, and how long loading it took; `keep_alive: 0` takes it out again."""
        model = self._find(body)
        now = datetime.now(timezone.utc)
        options: Body = body.get("options") or {}
        context = int(options.get("num_ctx", CONTEXT))
        with self._lock:
            there = self._loaded.get(model.name, now) > now
            there = there and self._contexts.get(model.name) == context
            self._counts["loads"] += not there
            self._counts["asked"] += 1
            self._contexts[model.name] = context
            self._loaded[model.name] = now + KEEP_LOADED
            if body.get("keep_alive") == 0:
                del self._loaded[model.name]
        return model, IS_LOADED if there else LOADS

    def _find(self, body: Body) -> Model:
        name = _name(body)
        model = self._store.find(name)
        if model is None:
            raise Failure(404, f"model '{name}' not found")
        return model


def _name(body: Body) -> str:
    name = body.get("model") or body.get("name")
    if not isinstance(name, str):
        raise Failure(400, "model is required")
    return name
