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
        "answers": {"level": "ready", "latency_ms": 1.4, "at": NOW, "message": None},
        "wish": None,
    }
    return {**well, **facts}


def stack() -> list[Json]:
    """The four services of the default stack."""
    answers = {"level": "deep", "latency_ms": 41.2, "at": NOW, "message": None}
    big, port = 2 << 30, "127.0.0.1:11434"
    return [
        service(
            "ollama",
            answers=answers,
            memory_bytes=9_771_050_598,
            memory_limit_bytes=None,
            ports=[port],
        ),
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
        "boot": None,
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


def entry(at: str, kind: str, text: str, seconds: float | None = None) -> Json:
    """A line of a timeline of this night."""
    return {"at": f"2026-11-22T{at}Z", "kind": kind, "text": text, "seconds": seconds, "data": None}


def incident(number: int = 31, **facts: Any) -> Json:
    """One that is over, but for the facts given."""
    over: Json = {
        "id": str(number),
        "fault": "gpu.container-lost",
        "subject": "ollama",
        "status": "resolved",
        "severity": "fail",
        "summary": "the container has lost the GPU",
        "fix": "tarsctl restart ollama",
        "opened": NOW,
        "resolved": "2026-11-22T03:12:13.500Z",
        "seconds": 9.4,
        "attempts": 1,
        "next_try": None,
        "reopened": 0,
        "acknowledged": None,
        "by_owner": False,
    }
    return {**over, **facts}


def story() -> Json:
    """What happened to ollama at 03:12."""
    lost = (
        "systemd reloaded its units; ollama's nvidia-smi says \"Failed to initialize NVML: Unknown "
        "Error\"; the host's GPU is fine"
    )
    why = "recreate ollama: idle for 41 min, data safe (volume at /root/.ollama), 0 of 2 this hour"
    return incident(
        entries=[
            entry("03:12:04.100", "seen", lost),
            entry("03:12:04.100", "decided", why),
            entry(
                "03:12:04.300", "saved", "evidence (inspect, 400 log lines, GPU, kernel log)", 0.2
            ),
            entry("03:12:08.900", "did", "recreate ollama", 4.8),
            entry("03:12:13.500", "verified", "model loaded on the GPU, test query 38 ms", 4.6),
            entry("03:12:13.500", "resolved", "ollama answers on the GPU", 9.4),
        ],
        evidence=["20261122T031204Z-inspect.json", "20261122T031204Z-container.log"],
        evidence_path="/var/lib/tars-home/evidence/31",
    )


def held() -> Json:
    """One that tarsd has given up on for now."""
    return incident(
        32,
        fault="service.hung",
        subject="redis",
        status="held",
        summary="redis has not answered for 312 s: it takes connections and says nothing",
        fix="tarsctl logs redis",
        opened="2026-11-22T03:05:04.100Z",
        resolved=None,
        seconds=None,
        attempts=4,
        next_try="2026-11-22T03:41:00.000Z",
    )
