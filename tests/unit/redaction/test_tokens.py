"""A token says which value it stands for, within one bundle, and nothing else; an address keeps who is beside it."""

import re
import string
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tarsd.redaction.spans import ADDRESS, EMAIL, HOST, MAC, SECRET, USER
from tarsd.redaction.tokens import Tokens

KEY = b"a key of the tests"
tokens = Tokens(KEY)
home = st.integers(0, 0xFFFF).map(lambda it: str(IPv4Address(0xC0A80000 + it)))
public = st.integers(0x50000000, 0x5FFFFFFF).map(lambda it: str(IPv4Address(it)))


@given(st.sampled_from([SECRET, USER, HOST, EMAIL, MAC, ADDRESS]), st.text(max_size=80))
def test_readable_and_without_a_sign_that_would_end_what_is_around_it(
    kind: str, value: str
) -> None:
    shown = tokens.token(kind, value)
    assert re.fullmatch(r"<[a-z]+:[0-9a-f]{6}>", shown) or kind == ADDRESS
    assert set(shown) <= set(string.ascii_letters + string.digits + "<>:./%")


def test_the_same_within_a_bundle_and_another_in_the_next() -> None:
    assert tokens.token(SECRET, "hunter2") == Tokens(KEY).token(SECRET, "hunter2")
    assert tokens.token(SECRET, "hunter2") != Tokens(KEY[::-1]).token(SECRET, "hunter2")
    assert tokens.token(SECRET, "hunter2") != tokens.token(SECRET, "Hunter2")
    assert tokens.token(HOST, "nuc") == tokens.token(HOST, "NUC")


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than 16"):
        Tokens(b"short")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.0.1.1", "::1", "::", "0.0.0.0", "255.255.255.0", "224.0.0.251"),
        *("172.17.0.2", "172.18.0.1", "169.254.169.254", "1.1.1.1", "8.8.8.8", "ff02::1"),
        *("172.17.0.0/16", "192.0.2.7", "2001:db8::5"),
    ],
)
def test_addresses_that_say_nothing_of_anybody_stay(address: str) -> None:
    assert tokens.token(ADDRESS, address) == address


def numbers(address: str) -> list[int]:
    shown = re.fullmatch(r"<ip:([\d.nh]+)>", tokens.token(ADDRESS, address))
    assert shown, address
    return [int(it.lstrip("nh")) for it in shown[1].split(".")]


def shared_bits(left: int, right: int, bits: int) -> int:
    return bits - (left ^ right).bit_length()


@given(st.one_of(st.tuples(home, home), st.tuples(public, public)))
@settings(max_examples=300)
def test_two_share_as_many_leading_bits_as_they_did(pair: tuple[str, str]) -> None:
    one, two = pair
    assume(not {one.rsplit(".", 1)[1], two.rsplit(".", 1)[1]} & {"0", "255"})
    shown = [int.from_bytes(bytes(numbers(it)), "big") for it in pair]
    meant = [int(IPv4Address(it)) for it in pair]
    assert shared_bits(shown[0], shown[1], 32) == shared_bits(meant[0], meant[1], 32)


def test_a_network_is_shown_as_the_network_of_its_hosts() -> None:
    host, network = (tokens.token(ADDRESS, it) for it in ("192.168.1.23", "192.168.1.0/24"))
    assert host.startswith("<ip:192.168.n")
    assert network == f"{host.rsplit('.h', 1)[0]}.h0>/24"


@given(st.integers(0x2A00 << 112, (0x2A01 << 112) - 1))
def test_addresses_of_one_site_and_network_share_their_tokens(number: int) -> None:
    one, near = str(IPv6Address(number)), str(IPv6Address(number ^ 1))
    beside = str(IPv6Address(number ^ 1 << 64))
    shown, others = tokens.token(ADDRESS, one), [tokens.token(ADDRESS, it) for it in (near, beside)]
    assert shown.split(".h")[0] == others[0].split(".h")[0]
    assert shown.split(".n")[0] == others[1].split(".n")[0]
    assert one not in shown


def test_a_card_within_a_link_local_address_is_not_shown() -> None:
    shown = tokens.token(ADDRESS, "fe80::a00:27ff:fe4e:66a1%eth0")
    assert shown.startswith("<ip:fe80.h")
    assert "66a1" not in shown


def test_what_is_no_address_is_a_token_all_the_same() -> None:
    assert re.fullmatch(r"<address:[0-9a-f]{6}>", tokens.token(ADDRESS, "10.0.0.300"))
