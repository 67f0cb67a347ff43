"""The properties of a job's unit: as few rights as work, and a deadline that systemd itself keeps."""

import os

import pytest

from tarsd.host.jobs import (  # a bus is needed to see them otherwise
    Job,
    _properties,  # pyright: ignore[reportPrivateUsage]
)
from tarsd.host.pipes import PIPE, source_of


def test_a_job_is_bare_unless_it_asks() -> None:
    found = _properties(Job("x", ["/bin/true", "-a b"], 2.5, {"HOME": "/x"}), 7, 8)
    assert found["ExecStart"] == ("a(sasb)", [("/bin/true", ["/bin/true", "-a b"], False)])
    assert found["Environment"] == ("as", ["HOME=/x"])
    assert found["TimeoutStartUSec"] == ("t", 2_500_000)
    assert found["CapabilityBoundingSet"] == ("t", 0)
    assert found["ProtectSystem"] == ("s", "strict")
    assert found["NoNewPrivileges"] == ("b", True)
    assert (found["StandardOutputFileDescriptor"], found["StandardErrorFileDescriptor"]) == (
        ("h", 7),
        ("h", 8),
    )


def test_what_a_job_asks_for_it_gets() -> None:
    job = Job("x", ["/bin/true"], 1, memory=1024, rights={"ProtectSystem": ("s", "full")})
    found = _properties(job, 1, 2)
    assert found["MemoryMax"] == ("t", 1024)
    assert found["ProtectSystem"] == ("s", "full")


def test_what_a_job_is_given_ends_where_it_ends() -> None:
    source = source_of(b"hunter2")
    assert source is not None
    with os.fdopen(source, "rb") as read_end:
        assert read_end.read() == b"hunter2"


def test_a_job_is_not_given_more_than_a_pipe_takes() -> None:
    with pytest.raises(ValueError, match="65536 bytes"):
        source_of(b"x" * (PIPE + 1))
