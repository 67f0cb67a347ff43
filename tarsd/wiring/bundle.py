"""`tarsd bundle`: what a run is made of. Imported by that program only, never by the daemon."""

import json
import os
import sys

from tarsd import config
from tarsd.errors import ConfigInvalid
from tarsd.host.docker_api import DockerApi
from tarsd.host.http import HttpSession
from tarsd.operations.bundle.collectors.everything import Sources, collectors
from tarsd.operations.bundle.knowns import MachineKnowns
from tarsd.operations.bundle.program import Program
from tarsd.operations.bundle.redactors import Machinery
from tarsd.operations.bundle.report import report
from tarsd.operations.bundle.run import Parts
from tarsd.paths import Paths
from tarsd.redaction.recognise.everything import Everything
from tarsd.settings import Settings

ENGINE_SOCKET = "/run/docker.sock"
PROJECT = "tars"

KEY_BYTES = 32
"""Of the key that a bundle's tokens are made with; it is nowhere but in this process."""


def bundle(paths: Paths, what: str) -> int:
    """Answer what stands on standard input; returns the exit status."""
    told = json.loads(sys.stdin.read() or "{}")
    return Program(paths.bundles, lambda: _parts(paths)).answer(what, told)


def _parts(paths: Paths) -> Parts:
    settings = _settings(paths)
    sources = Sources(paths, PROJECT, lambda: settings, DockerApi(ENGINE_SOCKET), HttpSession())

    def redactors() -> Machinery:
        knowns = MachineKnowns(paths, ENGINE_SOCKET)
        found = knowns.read()
        return Machinery(found, lambda: [Everything()], os.urandom(KEY_BYTES), knowns.unread)

    return Parts(
        paths.bundles,
        paths.bundle_key,
        collectors(sources),
        redactors,
        report,
    )


def _settings(paths: Paths) -> Settings:
    """Those on disk; where they are wrong, which the bundle shows, the last good ones."""
    try:
        return config.load(paths).settings
    except ConfigInvalid:
        return config.load_good(paths) or Settings()
