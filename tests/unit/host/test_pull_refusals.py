"""Why a pull failed, in a person's words: recorded from Docker 20.10, 26.1 and 28."""

import pytest

from tarsd.host.pull_refusals import pull_refused

RECORDED = [
    (
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: no such host',
        "the name registry-1.docker.io cannot be resolved",
        False,
    ),
    (
        'Get "https://reg.lan/v2/": dial tcp: lookup reg.lan: no such host',
        "the name reg.lan cannot be resolved",
        False,
    ),
    (
        'Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
        "127.0.0.1:5000 refuses the connection",
        False,
    ),
    ("unexpected EOF", "unexpected EOF", False),
    ("net/http: TLS handshake timeout", "net/http: TLS handshake timeout", False),
    (
        "toomanyrequests: You have reached your pull rate limit.",
        "its registry limits how often it is asked",
        False,
    ),
    (
        "manifest for redis:9 not found: manifest unknown: manifest unknown",
        "its registry has no such image (manifest unknown)",
        True,
    ),
    (
        "pull access denied for acme/api, repository does not exist or may require 'docker login'",
        "its registry does not give it to everyone, or has no such image",
        True,
    ),
    (
        "no matching manifest for linux/amd64 in the manifest list entries",
        "it is not made for this kind of machine",
        True,
    ),
    (
        "filesystem layer verification failed for digest sha256:d1d1",
        "what came is not what its registry promised",
        True,
    ),
    (
        "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
        "the disk of the Engine is full",
        True,
    ),
    (
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
        "the certificate of its registry is not trusted (certificate has expired or is not yet valid)",
        True,
    ),
]


@pytest.mark.parametrize(("said", "reason", "lasting"), RECORDED)
def test_the_engines_words_become_a_persons(said: str, reason: str, lasting: bool) -> None:
    error = pull_refused("redis:9", said)
    assert error.message == f"cannot pull redis:9: {reason}"
    assert error.lasting is lasting
    assert error.fix
    assert "{" not in error.fix.replace("{{", "")


def test_the_fix_names_what_to_type() -> None:
    denied = pull_refused("reg.lan/api:1", "denied: requested access to the resource is denied")
    assert (
        denied.fix
        == "sudo docker login, then sudo docker pull reg.lan/api:1, then: sudo tarsctl install"
    )
