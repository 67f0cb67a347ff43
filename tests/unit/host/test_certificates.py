"""CA certificates are left unread for as long as is asked, and no longer."""

import os
import ssl

import pytest

from tarsd.host.certificates import unread_certificates


def test_none_is_read_inside_and_the_environment_is_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/srv/own.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with unread_certificates():
        assert ssl.create_default_context().cert_store_stats()["x509"] == 0
    assert os.environ["SSL_CERT_FILE"] == "/srv/own.pem"
    assert "SSL_CERT_DIR" not in os.environ
