"""The machine's CA certificates, which aiohttp reads at its import: 1.7 MB, kept for as long as the daemon runs."""

import os
from collections.abc import Generator
from contextlib import contextmanager

_WHERE = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
"""Where OpenSSL looks for them instead of in its usual places (SSL_CTX_set_default_verify_paths(3))."""


@contextmanager
def unread_certificates() -> Generator[None]:
    """Inside, a default TLS context trusts nobody: the daemon asks its own machine, without TLS.

    Who calls another machine makes a context for it: `ssl.create_default_context()`, outside.
    """
    before = {name: os.environ.get(name) for name in _WHERE}
    os.environ.update(_WHERE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
