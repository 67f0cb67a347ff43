"""The layers of a model while it is pulled: how many bytes of it are here, and how many are still to come."""

from dataclasses import dataclass, field

from tarsd.host.ollama import PullLine


@dataclass
class Layers:
    """Bytes done and in all by digest: a digest may be told of again and again, its total only later."""

    _known: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def add(self, line: PullLine) -> bool:
        """Take a line in; returns whether the model is larger than was known until now."""
        if line.digest is None:
            return False
        before = self.total
        total = max(self._known.get(line.digest, (0, 0))[1], line.total or 0)
        self._known[line.digest] = (min(line.completed, total), total)
        return self.total > before

    @property
    def done(self) -> int:
        """Bytes that are here."""
        return sum(done for done, _ in self._known.values())

    @property
    def total(self) -> int:
        """Bytes known of."""
        return sum(total for _, total in self._known.values())
