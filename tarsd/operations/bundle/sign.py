"""The signature of a bundle: Ed25519, with a key that this machine made for nothing else."""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tarsd.errors import BundleFailed
from tarsd.host.files import make_directory, write_atomic


class Signer:
    """Signs with the key in `path`, which is made where there is none."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and BundleFailed where what lies there is no such key: it is never replaced silently."""
        if not path.exists():
            make_directory(path.parent)
            write_atomic(path, _private_pem(Ed25519PrivateKey.generate()))
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise _no_key(path) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _no_key(path)
        self._key = key

    @property
    def public(self) -> bytes:
        """The public key, PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, content: bytes) -> bytes:
        """64 bytes, as `openssl pkeyutl -verify -rawin` takes them."""
        return self._key.sign(content)


def is_signed(content: bytes, signature: bytes, public: bytes) -> bool:
    """Whether this key has signed it; False for what is no key, too."""
    try:
        key = load_pem_public_key(public)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, content)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """What two people compare: the SHA-256 of the public key's DER, in hex. Raises ValueError."""
    der = load_pem_public_key(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _no_key(path: Path) -> BundleFailed:
    return BundleFailed(
        f"cannot sign a bundle: {path} is no Ed25519 key",
        fix=f"sudo mv {path} {path}.old, then try again: a new one is made",
    )
