"""Before a run: the redactor is given a made-up secret in several shapes, and must know it, and little else."""

import base64
import io
import json
import secrets
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from tarsd.errors import BundleFailed
from tarsd.operations.bundle.forked import FAILED, each
from tarsd.operations.bundle.redacting import REINSTALL, Engine
from tarsd.redaction.known import Known

SECONDS = 10.0
"""It takes milliseconds, and the compilation of its needles a second or two."""

INNOCENT = b"the Engine is 26.1.5, the image redis:8.10.1, it is 2026-11-22T03:12:04.100Z"


class Tried(Protocol):
    """What can be tried: it makes one of its kind that knows only what it is given."""

    def alone(self, known: Known) -> Engine: ...


def require_sound(engine: Tried) -> None:
    """Raises BundleFailed for a redactor that raises, hangs, or lets it pass. Called from a process without threads."""
    value = f"{secrets.token_hex(8)}$/{secrets.token_hex(4)}"  # what URLs, shells and Compose write in their own ways
    tried = engine.alone(Known(value, "trial", "secret"))
    why = each([0], lambda _: _tried(tried, value), lambda _: SECONDS)[0].get(FAILED)
    if why:
        raise BundleFailed(
            f"cannot make a bundle: the redactor fails its trial: {why}; nothing was written",
            fix=REINSTALL,
        )


def _tried(engine: Engine, value: str) -> Mapping[str, Any]:
    forms = {
        "as it is": value,
        "in JSON": json.dumps({"password": value}),
        "in a URL": f"postgresql://tars:{quote(value, safe='')}@postgres/tars",
        "in base64": base64.b64encode(value.encode()).decode(),
        "in hexadecimal": value.encode().hex(),
    }
    text = INNOCENT + b"\n" + "".join(f"{it}\n" for it in forms.values()).encode()
    list(engine.find("trial.log", io.BytesIO(text)))
    target = io.BytesIO()
    outcome = engine.redact("trial.log", io.BytesIO(text), target)
    if outcome.get("withheld"):
        return {FAILED: f"it withholds what is harmless ({outcome['withheld']})"}
    lines = target.getvalue().splitlines()
    if len(lines) != len(forms) + 1:
        return {FAILED: "it loses lines, or makes some"}
    if lines[0] != INNOCENT:
        return {FAILED: "it changes what is harmless"}
    for (words, form), line in zip(forms.items(), lines[1:], strict=True):
        if form.strip('"{} ').encode() in line or value.encode() in line:
            return {FAILED: f"a secret passes it {words}"}
    return {}
