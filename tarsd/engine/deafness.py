"""Whether the stream of events still tells what happens: an open connection alone is no proof."""

from collections.abc import Iterable, Mapping

from tarsd.host.containers import Container

PATIENCE = 2.0
"""Seconds that an event may be later than a look which has seen what it is about; 26.1 needs 0.4 ms."""


class Deafness:
    """Judges from looks: a container that was started or ended while no event told of it."""

    def __init__(self) -> None:
        self.found = False
        self._heard: set[str] = set()
        self._suspects: dict[str, float] = {}

    def forget(self) -> None:
        """A new stream begins; what it has not told yet it need not."""
        self.found = False
        self._heard.clear()
        self._suspects.clear()

    def heard(self, ids: Iterable[str]) -> None:
        """Events of these containers have come."""
        for id_ in ids:
            self._heard.add(id_)
            self._suspects.pop(id_, None)

    def judge(
        self, before: Mapping[str, Container] | None, after: Mapping[str, Container], at: float
    ) -> None:
        """Compare two looks; `found` from the second look on that waits in vain for word of a change."""
        self.found = any(at - since > PATIENCE for since in self._suspects.values())
        for service, container in after.items():
            known = (before or {}).get(service)
            told = container.started is None or container.id in self._heard  # `created` is not told
            if known and _turns(known) != _turns(container) and not told:
                self._suspects.setdefault(container.id, at)
        self._heard.clear()


def _turns(container: Container) -> tuple[object, ...]:
    return container.id, container.started, container.finished
