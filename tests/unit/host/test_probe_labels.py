"""What a service's definition says of how it may be asked, and how long its start may take."""

from typing import Any

import pytest

from tarsd.host.probe_labels import NO_LABELS, grace, read


def test_a_service_that_says_nothing() -> None:
    assert read({"image": "x", "labels": None}) == NO_LABELS


def test_everything_that_matters_is_read() -> None:
    found = read(
        {
            "labels": {"tars.probe.port": "5433", "tars.probe.expect": "postgres"},
            "environment": {"POSTGRES_USER": "tars", "POSTGRES_DB": "data", "OTHER": None},
            "secrets": [{"source": "postgres-password", "target": "/run/secrets/x"}],
            "ports": [
                {"host_ip": "127.0.0.1", "published": "5433", "target": 5432, "protocol": "tcp"}
            ],
            "network_mode": "host",
        }
    )
    assert (found.url, found.port, found.expect) == (None, "5433", "postgres")
    assert (found.database_user, found.database) == ("tars", "data")
    assert found.secrets == {"postgres-password"}
    assert found.published == {("127.0.0.1", 5433)}
    assert found.host_network


def test_a_database_without_a_name_is_called_like_its_user() -> None:
    found = read({"environment": {"POSTGRES_USER": "tars"}})
    assert (found.database_user, found.database) == ("tars", "tars")


@pytest.mark.parametrize(
    "port",
    [
        {"published": "8000-8010", "target": 80},
        {"published": "", "target": 80},
        {"target": 80},
        {"published": "53", "protocol": "udp"},
    ],
)
def test_ports_at_which_nobody_knows_to_ask(port: dict[str, Any]) -> None:
    assert read({"ports": [port]}).published == set()


def test_a_port_published_on_all_addresses() -> None:
    assert read({"ports": [{"published": "80", "target": 80}]}).published == {("", 80)}


@pytest.mark.parametrize(
    ("label", "seconds"),
    [("2m", 120), ("1m30s", 90), ("45", 45), (" 15m ", 900), ("1h", 3600),
     ("", None), ("soon", None), ("0s", None), ("-5s", None), ("200ms", None), ("5 m", None),
     ("9" * 400, None), ("٣", None)],
)  # fmt: skip
def test_a_grace(label: str, seconds: int | None) -> None:
    assert grace(label) == seconds
