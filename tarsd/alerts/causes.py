"""Which of the incidents of one message is the cause: it is told first, the others as what follows from it."""

from collections.abc import Callable, Mapping, Sequence, Set

from tarsd.alerts.notice import Notice

ORDER = (
    "host.",
    "machine.",
    "disk.",
    "network.",
    "nas.",
    "docker.",
    "gpu.",
    "data.",
    "stack.",
    "service.",
)
"""Root causes first (docs/decisions.md); what is not among them comes last."""

Needs = Callable[[], Mapping[str, Set[str]]]
"""What each service needs to work: other services, directly or not."""


def ordered(notices: Sequence[Notice], needs: Mapping[str, Set[str]]) -> Sequence[Notice]:
    """Causes before their effects; of equals, as they were seen."""
    return sorted(notices, key=lambda it: (_rank(it.fault), _depth(it, needs), it.seen))


def cause_of(
    notice: Notice, others: Sequence[Notice], needs: Mapping[str, Set[str]]
) -> Notice | None:
    """What explains it: Docker for every service, and of services one that it needs. Nothing else is said to be a cause,
    although it may be one."""
    if not notice.fault.startswith("service."):
        return None
    for other in ordered(others, needs):
        if other.base == notice.base:
            continue
        if other.fault.startswith("docker.") or (
            other.fault.startswith("service.")
            and other.subject in needs.get(notice.subject, frozenset())
        ):
            return other
    return None


def _rank(fault: str) -> int:
    return next((n for n, prefix in enumerate(ORDER) if fault.startswith(prefix)), len(ORDER))


def _depth(notice: Notice, needs: Mapping[str, Set[str]]) -> int:
    return len(needs.get(notice.subject, frozenset()))
