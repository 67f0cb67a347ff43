"""The models that the double pretends to have: one small file each, where the real ones are."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Model:
    """A pulled model."""

    name: str
    """With its tag: `llama3.1:8b`."""
    size: int
    """Bytes it would have."""
    digest: str
    modified_at: str

    @property
    def is_embedding(self) -> bool:
        """Whether it turns text into vectors rather than into text."""
        return "embed" in self.name


def with_tag(name: str) -> str:
    """The name as Ollama completes it."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def digest_of(name: str) -> str:
    """A digest that is the same for the same name on every machine."""
    return hashlib.sha256(name.encode()).hexdigest()


class Store:
    """Models and half-pulled models below one directory; survives a restart or a power cut."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "models"

    def models(self) -> list[Model]:
        """All models, by name."""
        return sorted(self._read(), key=lambda model: model.name)

    def find(self, name: str) -> Model | None:
        """The model of that name, which may lack its tag."""
        return next((model for model in self._read() if model.name == with_tag(name)), None)

    def add(self, name: str, size: int) -> Model:
        """Record a model as wholly pulled."""
        name = with_tag(name)
        now = datetime.now(timezone.utc).isoformat()
        model = Model(name=name, size=size, digest=digest_of(name), modified_at=now)
        self._write(self._path(name, "json"), json.dumps(asdict(model)))
        self._path(name, "partial").unlink(missing_ok=True)
        return model

    def remove(self, name: str) -> bool:
        """Forget a model; False if there is none of that name."""
        path = self._path(with_tag(name), "json")
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    def pulled(self, name: str) -> int:
        """Bytes that an interrupted pull has already got."""
        path = self._path(with_tag(name), "partial")
        return int(path.read_text()) if path.exists() else 0

    def note_pulled(self, name: str, size: int) -> None:
        """Remember how far a pull has come."""
        self._write(self._path(with_tag(name), "partial"), str(size))

    def _read(self) -> Iterator[Model]:
        for path in self._directory.glob("*.json"):
            yield Model(**json.loads(path.read_text()))

    def _path(self, name: str, suffix: str) -> Path:
        return self._directory / f"{quote(name, safe=':')}.{suffix}"

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(path)
