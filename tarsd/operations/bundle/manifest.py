"""MANIFEST.json: what is in a bundle, what is not and why, and what was searched for in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.operations.bundle.redacting import Redacted

SCHEMA = 1

MANIFEST, SIGNATURE, KEY = "MANIFEST.json", "MANIFEST.json.sig", "signing-key.pem"
"""In the bundle's folder; the last two, and the first itself, are in no list of files."""


@dataclass(frozen=True)
class Known:
    """How much was known: needles that were searched for, and names of values too short for that.

    Never a value, nor a hash of one: a hash of a short password is the password.
    """

    needles: int
    short: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Of one run. `missing` are the collectors' gaps, redacted."""

    name: str
    made: str
    version: str
    asked: Mapping[str, Any]
    collectors: Sequence[Mapping[str, Any]]
    missing: Sequence[Mapping[str, Any]]
    known: Known
    signer: str
    """The fingerprint of the public key."""


def manifest(facts: Facts, files: Sequence[Redacted], rounds: int) -> bytes:
    """The bytes that are signed.

    What it says of the gate is so of every bundle there is: one in which something was found is destroyed, with this in it.
    """
    told = {
        "schema": SCHEMA,
        "bundle": facts.name,
        "made": facts.made,
        "version": facts.version,
        "asked": facts.asked,
        "collectors": list(facts.collectors),
        "files": [row(it) for it in files],
        "missing": list(facts.missing),
        "short": {
            "count": len(facts.known.short),
            "names": sorted(facts.known.short),
            "note": "shorter than 6 characters: redacted beside their keys only, and not searched for",
        },
        "gate": {"needles": facts.known.needles, "hits": 0, "round": rounds},
        "signer": facts.signer,
    }
    return (json.dumps(told, indent=1, sort_keys=False) + "\n").encode()


def row(file: Redacted) -> dict[str, Any]:
    """One file."""
    return {
        "name": file.name,
        "collector": file.collector,
        "size": file.size,
        "sha256": file.sha256,
        "lines": file.lines,
        "redactions": dict(file.redactions),
        "truncated": file.truncated,
        "withheld": file.withheld,
    }
