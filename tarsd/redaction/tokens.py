"""What is shown instead: the same value is the same token within one bundle, and nothing leads back."""

import hashlib
import hmac
from functools import lru_cache

from tarsd.redaction.addresses import address_token
from tarsd.redaction.spans import ADDRESS, EMAIL, HOST, MAC

SIGNS = 6
"""Hexadecimal digits of a token: 300 values of a kind share one once in 400 bundles, and then only look alike."""

_ANY_CASE = frozenset({EMAIL, HOST, MAC})


class Tokens:
    """Such as `<secret:7f3a91>`: printable ASCII without a quote, a backslash, a blank or a comma.

    So it may stand in a string of JSON, TOML or SQL, as a plain value of YAML or of an env file, and in any part of a
    URL, and the text around it still parses. `key`: at least 16 random bytes, one per bundle, kept nowhere; without
    it no guess can be tried.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("cannot make tokens: the key is shorter than 16 bytes")
        self._key = key
        self._of = lru_cache(maxsize=65536)(self._make)

    def token(self, kind: str, value: str) -> str:
        """The token of a value; an address that says nothing of anybody (loopback, Docker's own) stays as it is."""
        return self._of(kind, value.casefold() if kind in _ANY_CASE else value)

    def _make(self, kind: str, value: str) -> str:
        if kind == ADDRESS:
            shown = address_token(value, self._digest)
            if shown is not None:
                return shown
        return f"<{kind}:{self._digest(kind, value).hex()[:SIGNS]}>"

    def _digest(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{value}".encode(), hashlib.sha256)
