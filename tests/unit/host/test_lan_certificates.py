"""The certificate of the LAN's listener: whom its CA may vouch for, how long, and when it is made anew."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tarsd.host.in_job import certificate_make
from tarsd.host.lan_certificates import ABOUT, CA, LanCertificates
from tarsd.host.own_jobs import OwnJobs
from tests.unit.own_work import OwnWork

NAMES = ["attic", "attic.local", "localhost"]
ADDRESSES = ["127.0.0.1", "192.168.1.10", "fd00::a", "2001:db8::7"]


@pytest.fixture
def work() -> OwnWork:
    return OwnWork()


@pytest.fixture
def certificates(tmp_path: Path, work: OwnWork) -> LanCertificates:
    return LanCertificates(tmp_path / "lan", OwnJobs(work, tmp_path / "tarsd"))


def test_the_ca_vouches_for_this_machine_and_for_private_addresses_only() -> None:
    made = certificate_make.answer({"ca": None, "names": NAMES, "addresses": ADDRESSES})
    ca = x509.load_pem_x509_certificate(made["ca"]["certificate"].encode())
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert constraints.value.permitted_subtrees is not None
    names = [
        it.value for it in constraints.value.permitted_subtrees if isinstance(it, x509.DNSName)
    ]
    assert names == NAMES
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)
    assert made["left_out"] == ["2001:db8::7"]


def test_a_leaf_is_one_that_browsers_take() -> None:
    made = certificate_make.answer({"ca": None, "names": NAMES, "addresses": ADDRESSES})
    leaf = x509.load_pem_x509_certificate(made["leaf"]["certificate"].encode())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert known.get_values_for_type(x509.DNSName) == NAMES
    assert [str(it) for it in known.get_values_for_type(x509.IPAddress)] == ADDRESSES[:3]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


async def test_it_is_renewed_months_before_its_end_by_the_same_ca(
    certificates: LanCertificates, work: OwnWork
) -> None:
    first = await certificates.own(NAMES, ADDRESSES, _now())
    before = await certificates.authority()
    jobs = len(work.seen)
    assert await certificates.own(NAMES, ADDRESSES, first.begins + 200 * 86400) == first
    assert len(work.seen) == jobs, "nothing is asked where nothing has changed"
    later = await certificates.own(NAMES, ADDRESSES, first.begins + 270 * 86400)
    assert later.fingerprint != first.fingerprint
    assert await certificates.authority() == before


async def test_a_power_cut_while_it_was_written_has_it_made_again(
    certificates: LanCertificates, tmp_path: Path
) -> None:
    first = await certificates.own(NAMES, ADDRESSES, _now())
    authority = (tmp_path / "lan" / CA).read_text()
    (tmp_path / "lan" / ABOUT).unlink()
    again = await certificates.own(NAMES, ADDRESSES, _now())
    assert again.fingerprint != first.fingerprint
    assert (tmp_path / "lan" / CA).read_text() == authority, "who trusts it goes on trusting it"


async def test_an_address_that_goes_needs_no_new_one(certificates: LanCertificates) -> None:
    first = await certificates.own(NAMES, ADDRESSES, _now())
    assert await certificates.own(NAMES, ADDRESSES[:1], _now()) == first
    more = await certificates.own(NAMES, [*ADDRESSES, "10.0.0.7"], _now())
    assert "10.0.0.7" in more.addresses


async def test_nothing_secret_is_in_an_argument(
    certificates: LanCertificates, work: OwnWork
) -> None:
    await certificates.own(NAMES, ADDRESSES, _now())
    await certificates.own(["attic", "loft"], ADDRESSES, _now())
    for job in work.seen:
        assert "PRIVATE KEY" not in str(job.argv) + str(job.environment)
        assert not job.rights


def _now() -> float:
    return time.time()
