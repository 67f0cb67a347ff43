"""Which probe a service gets: from labels that make sense, and a reason in words for those that do not."""

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.engine.probe_choice import Choice, ProbeChooser
from tarsd.host.conversation import Address
from tarsd.host.generations import Service
from tarsd.host.http import HttpSession
from tarsd.host.probe_labels import ProbeLabels
from tarsd.host.probes.expect import CHROMA_HEARTBEAT, OLLAMA_VERSION, WEBUI_READY, Expectation
from tarsd.host.probes.http import HttpProbe
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.host.probes.redis import RedisProbe
from tarsd.host.probes.tcp import TcpProbe
from tarsd.host.secret_files import SecretFiles

OWN = frozenset(map(ip_address, ("127.0.0.1", "192.0.2.10", "2001:db8::10")))
CHOOSER = ProbeChooser(SecretFiles(Path("/nonexistent")), HttpSession(), lambda: OWN)
ALL = frozenset({("127.0.0.1", 6379), ("127.0.0.1", 5432), ("", 8080), ("127.0.0.1", 8000)})


def service(role: str = "other", **labels: object) -> Service:
    made = replace(ProbeLabels(published=ALL), **labels)  # type: ignore[arg-type]
    return Service("it", "it:1", role, True, frozenset(), 10, None, made)


def choose(role: str = "other", **labels: object) -> Choice:
    return CHOOSER.choose(service(role, **labels))


def test_without_labels_there_is_no_probe_and_no_problem() -> None:
    assert choose() == Choice(None, None)


@pytest.mark.parametrize(
    ("role", "path", "expect"),
    [
        ("llm", "/api/version", OLLAMA_VERSION),
        ("vector", "/api/v2/heartbeat", CHROMA_HEARTBEAT),
        ("ui", "/ready", WEBUI_READY),
        ("api", "/health", Expectation()),
        ("api", "", Expectation()),
    ],
)
def test_a_url_is_asked_for_what_its_service_is_known_to_say(
    role: str, path: str, expect: Expectation
) -> None:
    probe = choose(role, url=f"http://127.0.0.1:8000{path}").probe
    assert isinstance(probe, HttpProbe)
    assert (probe.address, probe.path) == (Address("127.0.0.1", 8000), path or "/")
    assert probe.expect == expect


def test_our_redis_and_our_postgres_are_asked_with_their_passwords() -> None:
    redis = choose("cache", port="6379", secrets=frozenset({"redis-password"})).probe
    assert isinstance(redis, RedisProbe)
    assert redis.password is not None
    secrets = frozenset({"postgres-password"})
    postgres = choose("db", port="5432", secrets=secrets, database_user="a", database="b").probe
    assert isinstance(postgres, PostgresProbe)
    assert postgres.password is not None
    assert (postgres.user, postgres.database) == ("a", "b")


@pytest.mark.parametrize("role", ["cache", "db", "other"])
def test_a_strangers_password_is_not_guessed(role: str) -> None:
    assert isinstance(choose(role, port="6379").probe, TcpProbe)


def test_a_label_may_name_the_protocol_of_a_port() -> None:
    redis = choose(port="6379", expect="redis").probe
    assert isinstance(redis, RedisProbe)
    assert redis.password is None
    both = frozenset({"redis-password"})
    assert isinstance(choose("cache", port="6379", secrets=both, expect="tcp").probe, TcpProbe)


async def test_a_password_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    secrets = SecretFiles(tmp_path / "secrets")
    chosen = ProbeChooser(secrets, HttpSession(), lambda: OWN).choose(
        service("cache", port="6379", secrets=frozenset({"redis-password"}))
    )
    assert isinstance(chosen.probe, RedisProbe)
    assert chosen.probe.password is not None
    secrets.make("redis-password")
    assert await chosen.probe.password() == secrets.read("redis-password")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://localhost:8080/x", "127.0.0.1"),
        ("http://0.0.0.0:8080/x", "127.0.0.1"),
        ("http://127.0.0.53:8080/x", "127.0.0.53"),
        ("http://[::]:8080/x", "::1"),
        ("http://[::1]:8080/x", "::1"),
        ("http://192.0.2.10:8080/x", "192.0.2.10"),
        ("http://[2001:db8::10]:8080/x", "2001:db8::10"),
    ],
)
def test_addresses_of_this_machine(url: str, host: str) -> None:
    probe = choose(url=url).probe
    assert isinstance(probe, HttpProbe)
    assert probe.address == Address(host, 8080)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.11:8080/", "http://169.254.169.254:8080/latest", "http://example.org:8080/",
        "http://224.0.0.1:8080/", "http://255.255.255.255:8080/", "http://[fe80::1%25eth0]:8080/",
        "http://[::ffff:192.0.2.11]:8080/", "http://2130706433:8080/", "http://0x7f.1:8080/",
        "http://user:password@127.0.0.1:8080/", "http://127.0.0.1@192.0.2.11:8080/",
        "https://127.0.0.1:8080/", "file:///etc/shadow", "unix:///run/docker.sock", "//127.0.0.1:8080",
        "http://", "http:///x", "http://127.0.0.1:99999/", "http://127.0.0.1:port/", "http://[::1/",
        "http://127.0.0.1:8080/a b", "http://127.0.0.1:8080/\u2028", "127.0.0.1:8080", "yes",
    ],
)  # fmt: skip
def test_a_url_that_leads_elsewhere_or_nowhere_is_a_problem(url: str) -> None:
    chosen = choose(url=url)
    assert chosen.probe is None
    assert chosen.problem is not None
    assert chosen.problem.startswith("tars.probe.url ")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "6379.0", "redis", "٦٣٧٩", " 6379", "9" * 99])
def test_a_port_that_is_none_is_a_problem(port: str) -> None:
    chosen = choose(port=port)
    assert chosen == Choice(None, "tars.probe.port must be a port from 1 to 65535")


def test_a_port_that_the_service_does_not_publish_belongs_to_somebody_else() -> None:
    """An override that closes a port leaves its label behind."""
    assert choose(port="22").problem == "port 22 is not published by it"
    assert choose(url="http://127.0.0.1:22/").problem == "port 22 is not published by it"
    assert isinstance(choose(port="22", host_network=True).probe, TcpProbe)


def test_a_port_published_on_one_address_only_is_asked_there() -> None:
    """As with ports.webui_address; the label says 127.0.0.1."""
    published = frozenset({("192.0.2.10", 8080)})
    probe = choose("ui", url="http://127.0.0.1:8080/ready", published=published).probe
    assert isinstance(probe, HttpProbe)
    assert probe.address == Address("192.0.2.10", 8080)


@pytest.mark.parametrize(
    ("expect", "meant"),
    [
        ("json", Expectation()),
        ("204", Expectation(status=204, json=False)),
        ("status", Expectation(key="status")),
        ("status=ok", Expectation(key="status", value="ok")),
        ("ready = true", Expectation(key="ready", value=True)),
        ("state=", Expectation(key="state", value="")),
        ("", Expectation()),
    ],
)
def test_what_a_url_must_answer_may_be_said(expect: str, meant: Expectation) -> None:
    probe = choose("api", url="http://127.0.0.1:8000/health", expect=expect).probe
    assert isinstance(probe, HttpProbe)
    assert probe.expect == meant


@pytest.mark.parametrize("expect", ["=ok", "x" * 300, "a\nb"])
def test_an_expectation_that_is_none_is_a_problem(expect: str) -> None:
    problem = choose("api", url="http://127.0.0.1:8000/health", expect=expect).problem
    assert problem is not None
    assert problem.startswith("tars.probe.expect must be")
    assert choose(port="6379", expect="http").problem is not None


def test_addresses_that_cannot_be_read_are_a_problem() -> None:
    def fails() -> frozenset[object]:
        raise OSError("Too many open files")

    chooser = ProbeChooser(SecretFiles(Path("/nonexistent")), HttpSession(), fails)  # type: ignore[arg-type]
    problem = chooser.choose(service(url="http://192.0.2.10:8080/")).problem
    assert problem is not None
    assert "Too many open files" in problem


@given(
    st.text(),
    st.text(),
    st.one_of(st.none(), st.text()),
    st.sampled_from(["", "db", "cache", "ui"]),
)
def test_no_label_whatever_breaks_it_or_leads_away(
    url: str, port: str, expect: str | None, role: str
) -> None:
    for labels in ({"url": url}, {"url": f"http://{url}"}, {"port": port}):
        chosen = choose(role, **labels, expect=expect)
        assert (chosen.probe is None) == (chosen.problem is not None) or not any(labels.values())
        address = getattr(chosen.probe, "address", None)
        assert address is None or ip_address(address.host) in OWN or address.host == "::1"
