"""Makes the certificate of the LAN listener, and the CA that signs it where there is none yet. It touches no file."""

from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tarsd.host.in_job import CannotAnswer

LEAF_DAYS = 397
"""Browsers take no longer one (CA/Browser Forum: 398)."""

CA_DAYS = 3650

EARLIER = timedelta(days=1)
"""Clocks of phones are not all right."""

PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
"""Addresses that the CA may sign for: those that mean something within a home only."""

Network = IPv4Network | IPv6Network


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Given `names`, `addresses`, and the `ca` to sign with (certificate and key) or None. Returns `ca`, `leaf` (certificate
    and key each), and `left_out`: names and addresses that this CA may not sign for. Raises CannotAnswer.
    """
    now = datetime.now(timezone.utc).replace(microsecond=0)
    names: list[str] = given["names"]
    ca, ca_key = _new_ca(names, now) if given["ca"] is None else _kept_ca(given["ca"])
    allowed_names, allowed_networks = _allowed(ca)
    good = [it for it in names if _within(it, allowed_names)]
    addresses = [ip_address(it) for it in given["addresses"]]
    reached = [it for it in addresses if any(it in network for network in allowed_networks)]
    leaf, key = _new_leaf(ca, ca_key, good, [str(it) for it in reached], now)
    return {
        "ca": {"certificate": _pem(ca), "key": _key_pem(ca_key)},
        "leaf": {"certificate": _pem(leaf), "key": _key_pem(key)},
        "left_out": [it for it in names if it not in good]
        + [str(it) for it in addresses if it not in reached],
    }


def _new_ca(names: list[str], now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tars-home of {names[0]}"[:64])])
    permitted: list[x509.GeneralName] = [x509.DNSName(it) for it in names]
    permitted += [x509.IPAddress(ip_network(it)) for it in PRIVATE]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _kept_ca(kept: dict[str, str]) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        ca = x509.load_pem_x509_certificate(kept["certificate"].encode())
        key = serialization.load_pem_private_key(kept["key"].encode(), None)
    except (ValueError, TypeError) as error:
        raise CannotAnswer("cannot use the CA on disk: it is damaged") from error
    mine = cast("ec.EllipticCurvePrivateKey", key)
    if mine.public_key() != ca.public_key():
        raise CannotAnswer("cannot use the CA on disk: its key is another's")
    return ca, mine


def _new_leaf(
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: list[str],
    addresses: list[str],
    now: datetime,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    known: list[x509.GeneralName] = [x509.DNSName(it) for it in names]
    known += [x509.IPAddress(ip_address(it)) for it in addresses]
    common = (names or addresses)[0][:64]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now - EARLIER + timedelta(days=LEAF_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    return builder.sign(ca_key, hashes.SHA256()), key


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _allowed(ca: x509.Certificate) -> tuple[list[str], list[Network]]:
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    names = [it.value for it in permitted or () if isinstance(it, x509.DNSName)]
    networks = [it.value for it in permitted or () if isinstance(it, x509.IPAddress)]
    return names, [it for it in networks if isinstance(it, IPv4Network | IPv6Network)]


def _within(name: str, allowed: list[str]) -> bool:
    return any(name == it or name.endswith(f".{it}") for it in allowed)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
