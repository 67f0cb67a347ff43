"""Whether the stack may be relied upon: suites of the catalogue's own checks, each with a verdict that a person can file."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tarsd.catalogue.check import Check, Status
from tarsd.engine.choice import Choice
from tarsd.engine.examination import Examination, Told
from tarsd.errors import NotInstalled

NO_GO = (Status.FAIL, Status.UNKNOWN)
"""What forbids GO: what is not known is not vouched for."""


@dataclass(frozen=True)
class Suite:
    """`checks` are patterns of ids; of those that fit `proofs`, one at least must pass, or nothing was seen to work."""

    name: str
    checks: tuple[str, ...]
    proofs: tuple[str, ...]
    unproved: str
    """What to do where there is no proof."""


SUITES = (
    Suite(
        "deployment",
        (
            "docker.down",
            "docker.hung",
            "service.*",
            "network.missing",
            "image.missing",
            "redis.misconf",
            "redis.loading",
            "postgres.recovering",
            "model.missing",
            "stack.drift",
            "redis.deep",
            "postgres.deep",
            "chroma.deep",
            "ollama.hangs",
            "ollama.deep",
        ),
        ("redis.deep", "postgres.deep", "chroma.deep"),
        "tarsctl status",
    ),
    Suite(
        "rag",
        ("docker.down", "docker.hung", "chroma.deep", "ollama.hangs", "ollama.deep", "rag.*"),
        ("rag.*",),
        "ask the web UI something about a document, or load the embedding model: curl -s "
        'http://127.0.0.1:11434/api/embed -d \'{"model":"nomic-embed-text","input":"x"}\' -o /dev/null; '
        "then: tarsctl validate rag",
    ),
    Suite(
        "security",
        ("docker.down", "security.*", "secret.*", "port.exposed"),
        ("security.*",),
        "tarsctl status",
    ),
)


@dataclass(frozen=True)
class Judged:
    """What a suite has found, and why that is no GO, in words; None where it is one."""

    suite: Suite
    told: Sequence[Told]
    against: str | None

    def as_json(self) -> dict[str, Any]:
        """A suite of docs/json.md."""
        counts = Counter(it.finding.status for it in self.told)
        return {
            "name": self.suite.name,
            "verdict": "GO" if self.against is None else "NO-GO",
            "reason": self.against,
            "fix": self.suite.unproved if self.against == UNPROVED else None,
            "summary": {status.value: counts[status] for status in Status},
            "findings": [it.as_json() for it in self.told],
        }


UNPROVED = "nothing of it was seen to work"


class Validation:
    """Asks what each suite names, with the work that its checks do; nothing is changed by it."""

    def __init__(self, examination: Examination, installed: Callable[[], bool]) -> None:
        self._examination = examination
        self._installed = installed

    async def validate(self, names: Sequence[str]) -> dict[str, Any]:
        """The result of `POST /v1/validation`; no names are all suites. Raises NotInstalled."""
        if not self._installed():
            raise NotInstalled(
                "cannot validate the stack: nothing is installed", fix="sudo tarsctl install"
            )
        loop = asyncio.get_running_loop()
        began = loop.time()
        suites = [it for it in SUITES if not names or it.name in names]
        wanted = {it.name: _fitting(it.checks, self._examination.checks) for it in suites}
        only = tuple(dict.fromkeys(check.id for checks in wanted.values() for check in checks))
        told = (await self._examination.examine(Choice(deep=True, only=only))).told
        judged = [
            _judged(suite, [it for it in told if it.check in wanted[suite.name]])
            for suite in suites
        ]
        return {
            "verdict": "GO" if all(it.against is None for it in judged) else "NO-GO",
            "suites": [it.as_json() for it in judged],
            "seconds": round(loop.time() - began, 2),
        }


def _fitting(patterns: Sequence[str], checks: Sequence[Check]) -> list[Check]:
    return [it for it in checks if any(fnmatchcase(it.id, pattern) for pattern in patterns)]


def _judged(suite: Suite, told: Sequence[Told]) -> Judged:
    bad = [it.finding for it in told if it.finding.status in NO_GO]
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        return Judged(suite, told, f"{bad[0].id}: {bad[0].subject}: {bad[0].summary}{more}")
    passed = {it.finding.id for it in told if it.finding.status is Status.PASS}
    if not any(fnmatchcase(name, proof) for name in passed for proof in suite.proofs):
        return Judged(suite, told, UNPROVED)
    return Judged(suite, told, None)
