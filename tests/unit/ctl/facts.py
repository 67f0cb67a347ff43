"""Answers of a daemon on a machine called attic, as docs/json.md shapes them."""

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tarsd.ctl.shapes import Change, Task

Json = dict[str, Any]

NOW = "2026-11-22T03:12:04.100Z"
TWELVE_DAYS_AGO = "2026-11-09T22:40:00.000Z"


def service(name: str, **facts: Any) -> Json:
    """A service that is well, but for the facts given."""
    well: Json = {
        "name": name,
        "role": "cache",
        "required": True,
        "state": "running",
        "health": "healthy",
        "since": TWELVE_DAYS_AGO,
        "restarts": 0,
        "wanted": "running",
        "memory_bytes": 11 << 20,
        "memory_limit_bytes": 512 << 20,
        "ports": ["127.0.0.1:6379"],
        "image": f"{name}:1",
        "message": None,
    }
    return {**well, **facts}


def stack() -> list[Json]:
    """The four services of the default stack."""
    big, port = 2 << 30, "127.0.0.1:11434"
    return [
        service("ollama", memory_bytes=9_771_050_598, memory_limit_bytes=None, ports=[port]),
        service("chromadb", memory_bytes=118 << 20, memory_limit_bytes=big, ports=[]),
        service("postgres", memory_bytes=96 << 20, ports=["127.0.0.1:5432"]),
        service("redis", restarts=1),
    ]


def status(**facts: Any) -> Json:
    """A healthy stack, but for the facts given."""
    well: Json = {
        "machine": "attic",
        "version": "2.0.0",
        "timestamp": NOW,
        "overall": "healthy",
        "message": "4 of 4 services are healthy",
        "installed": True,
        "generation": 7,
        "since": TWELVE_DAYS_AGO,
        "services": stack(),
        "engine": {"status": "ok", "version": "26.1.5", "message": None},
        "gpu": [{"name": "NVIDIA GeForce RTX 4090", "driver": "550.54.14", "message": None}],
        "nas": {
            "configured": True,
            "mounted": True,
            "source": "//nas/docs",
            "path": "/mnt/nas/docs",
            "message": None,
        },
        "disk": {
            "path": "/var/lib/docker",
            "free_bytes": 442_381_631_488,
            "total_bytes": 1_005_388_890_112,
            "message": None,
        },
        "last": None,
        "change": None,
        "problems": [],
        "next": "tarsctl logs redis",
    }
    return {**well, **facts}


def task(number: int, summary: str, status: str = "waiting", **facts: Any) -> "Task":
    """A step of a change."""
    began = None if status == "waiting" else "2026-11-22T03:12:00.000Z"
    ended = "2026-11-22T03:12:12.000Z" if status in ("done", "undone", "failed") else None
    step: Json = {
        "number": number,
        "kind": "step",
        "summary": summary,
        "status": status,
        "done": None,
        "total": None,
        "unit": None,
        "detail": None,
        "started": began,
        "ended": ended,
        **facts,
    }
    return cast("Task", step)


def change(status: str = "done", *tasks: "Task", **facts: Any) -> "Change":
    """Change 17, the stopping of redis."""
    whole: Json = {
        "id": "17",
        "kind": "stop",
        "summary": "stop redis",
        "status": status,
        "revision": 1,
        "started": "2026-11-22T03:12:00.000Z",
        "ended": None if status in ("doing", "undoing") else "2026-11-22T03:15:12.000Z",
        "error": None,
        "result": None,
        "tasks": list(tasks),
        **facts,
    }
    return cast("Change", whole)


def plan(word: str = "GO", **facts: Any) -> Json:
    """What a first installation would do on a machine that is ready."""
    return {
        "verdict": word,
        "passed": 15,
        "warnings": [],
        "failures": [],
        "settings": [],
        "images": [{"reference": "redis:8.10.1", "from": "registry"}],
        "secrets": ["redis-password"],
        "services": [{"name": "redis", "what": "create", "why": None}],
        "models": [],
        "questions": [],
        **facts,
    }


def verdict(word: str = "GO", **facts: Any) -> Json:
    """What an installation ends with."""
    return {
        "verdict": word,
        "generation": 7,
        "passed": 21,
        "warnings": [],
        "failures": [],
        "open": ["http://attic.local:8080"],
        "next": ["tarsctl status"],
        **facts,
    }
