"""The kernel's log as dmesg shows it; a place without one says so."""

import os
from pathlib import Path

import pytest

from tarsd.host.in_job import CannotAnswer, kernel_tail


def test_a_record_is_its_time_and_its_text(tmp_path: Path) -> None:
    device = tmp_path / "kmsg"
    os.mkfifo(device)
    keeper = os.open(device, os.O_RDWR)
    os.write(keeper, b"3,1234,5678901,-;CIFS: no answer\n SUBSYSTEM=net\n")
    assert kernel_tail.answer(10, str(device)) == "[    5.678901] CIFS: no answer"
    os.close(keeper)


def test_the_last_ones_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    records = [f"6,{number},{number}000000,-;line {number}".encode() for number in range(50)]
    records.insert(10, b"")

    def read(_: int, __: int) -> bytes:
        if not records:
            raise BlockingIOError
        record = records.pop(0)
        if not record:
            raise BrokenPipeError
        return record

    (tmp_path / "kmsg").touch()
    monkeypatch.setattr(kernel_tail.os, "read", read)
    found = kernel_tail.answer(3, str(tmp_path / "kmsg")).splitlines()
    assert found == [f"[   {number}.000000] line {number}" for number in (47, 48, 49)]


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotAnswer, match="kmsg: No such file or directory"):
        kernel_tail.answer(10, str(tmp_path / "kmsg"))
