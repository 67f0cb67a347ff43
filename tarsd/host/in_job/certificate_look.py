"""Reads certificates: whose they are, for what, until when, and whether the key is theirs. It touches no file."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tarsd.host.in_job import CannotAnswer


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Given `certificate` (PEM, the leaf first) and `key` (PEM) or None. Raises CannotAnswer."""
    try:
        chain = x509.load_pem_x509_certificates(given["certificate"].encode())
    except ValueError as error:
        raise CannotAnswer("cannot use the certificate: it is none in PEM") from error
    leaf = chain[0]
    if given["key"] is not None:
        _own(leaf, given["key"])
    try:
        known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [it.lower() for it in known.get_values_for_type(x509.DNSName)]
        addresses = [str(it) for it in known.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        names, addresses = [], []
    return {
        "begins": min(it.not_valid_before_utc for it in chain[:1]).timestamp(),
        "expires": min(it.not_valid_after_utc for it in chain).timestamp(),
        "names": names,
        "addresses": addresses,
        "issuer": leaf.issuer.rfc4514_string(),
        "fingerprint": leaf.fingerprint(hashes.SHA256()).hex(),
    }


def _own(leaf: x509.Certificate, pem: str) -> None:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise CannotAnswer(
            "cannot use the key: it asks for a password, which nobody is there to type"
        ) from None
    except ValueError as error:
        raise CannotAnswer("cannot use the key: it is no private key in PEM") from error

    def told(public: Any) -> bytes:
        return public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    if told(key.public_key()) != told(leaf.public_key()):
        raise CannotAnswer("cannot use the key: it is another certificate's")
