"""What the double answers in place of a model: deterministic, and related to what was asked."""

import hashlib
import math
import re
from datetime import datetime, timezone
from typing import Any

from .store import Model

DIMENSIONS = 384
"""Length of an embedding, as of common small embedding models."""


def embedding(text: str) -> list[float]:
    """A unit vector; texts that share words are near each other, so that a search finds them."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        vector[place % DIMENSIONS] += 1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def words(prompt: str) -> list[str]:
    """The answer to a prompt, in the pieces in which it is streamed."""
    return ["This ", "is ", "a ", "double; ", "you ", "said: ", prompt]


def description(model: Model) -> dict[str, Any]:
    """A model as `/api/tags` lists it."""
    details = {
        "format": "gguf",
        "family": "nomic-bert" if model.is_embedding else "llama",
        "parameter_size": "0.1B" if model.is_embedding else "8.0B",
        "quantization_level": "F16" if model.is_embedding else "Q4_K_M",
    }
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": model.modified_at,
        "size": model.size,
        "digest": model.digest,
        "details": details,
    }


def now() -> str:
    """The time as Ollama writes it."""
    return datetime.now(timezone.utc).isoformat()
