"""The environment of containers: every name, and the values of those that are known to hold no secret."""

import re
from collections.abc import Mapping
from typing import Any, cast

HIDDEN = "[hidden]"

_SHOWN = re.compile(
    r"PATH|LANG|LC_\w+|TZ|HOME|HOSTNAME|DEBIAN_FRONTEND|GOSU_VERSION|PG_MAJOR|PG_VERSION|PGDATA|REDIS_VERSION|PYTHON_VERSION"
    r"|POSTGRES_(?:USER|DB|PASSWORD_FILE)|VECTOR_DB|CHROMA_HTTP_(?:HOST|PORT|SSL)|ANONYMIZED_TELEMETRY|WEBSOCKET_MANAGER|ENABLE_[A-Z_]+"
    r"|RAG_EMBEDDING_(?:ENGINE|MODEL)|(?:RAG_)?OLLAMA_BASE_URL|REFERRER_POLICY|XFRAME_OPTIONS|XCONTENT_TYPE"
    r"|WEBUI_SECRET_KEY_FILE|CUDA_VISIBLE_DEVICES|NVIDIA_(?:VISIBLE_DEVICES|DRIVER_CAPABILITIES)"
    r"|OLLAMA_(?:CONTEXT_LENGTH|DEBUG|FLASH_ATTENTION|GPU_OVERHEAD|HOST|KEEP_ALIVE|KV_CACHE_TYPE|LLM_LIBRARY|LOAD_TIMEOUT"
    r"|MAX_LOADED_MODELS|MAX_QUEUE|MODELS|NOPRUNE|NO_CLOUD|NUM_PARALLEL|ORIGINS|SCHED_SPREAD)"
)
"""By full name. What an owner added is not among them, whatever it is called."""

_NAMED = re.compile(r"[A-Z][A-Z0-9_]{0,63}=|[a-z]{2,5}_proxy=")


def without_values(value: Any) -> Any:
    """A document of the Engine (`Env`, a list) or of Compose (`environment`, a mapping), its environments hidden."""
    if isinstance(value, list):
        return [without_values(it) for it in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    return {name: _field(name, it) for name, it in cast("dict[str, Any]", value).items()}


def _field(name: str, value: Any) -> Any:
    if name in ("Env", "environment") and isinstance(value, list):
        return [shown_line(str(it)) for it in cast("list[Any]", value)]
    if name == "environment" and isinstance(value, dict):
        fields = cast("Mapping[str, Any]", value)
        return {key: it if _SHOWN.fullmatch(key) else HIDDEN for key, it in fields.items()}
    return without_values(value)


def shown_line(line: str) -> str:
    """`NAME=value`, its value hidden unless it is a known one."""
    name, equals, _ = line.partition("=")
    return line if not equals or _SHOWN.fullmatch(name) else f"{name}={HIDDEN}"


def shown_of_file(line: str) -> str:
    """The same of a line of a file, which may be the middle of a value: what is no name in capitals is hidden, too."""
    return shown_line(line) if _NAMED.match(line) else HIDDEN
