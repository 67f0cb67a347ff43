"""The NAS on a machine that cannot mount one, and a service that reads documents that are not there."""

import pytest

from tests.machine.home import ARCHIVE, CONF_D, Home
from tests.machine.shapes import NasTest

PATH = "/mnt/nas/documents"


def test_a_kernel_that_cannot_mount_is_named_and_nothing_is_left(home: Home, virtual: bool) -> None:
    if virtual:
        pytest.skip("its kernel can")
    for source, kind in (("//127.0.0.1/docs", "cifs"), ("127.0.0.1:/docs", "nfs")):
        ran = home.tarsctl("nas", "test", source, "--json", status=1)
        found = NasTest.model_validate_json(ran.out)
        assert found.reason == "kernel"
        assert f"has no {kind} file system" in (found.message or "")
        error = home.error("nas", "setup", source, "--yes", status=1)
        assert (error.kind, error.details["reason"]) == ("nas-refused", "kernel")
    left = home.machine.sh(f"ls -d /mnt/nas {CONF_D}/40-nas.toml || true").out
    assert left == ""
    home.machine.sh("! ls /var/lib/tars-home/secrets | grep nas-")


def test_a_missing_program_is_named_with_its_package(home: Home) -> None:
    home.machine.exec("mv", "/usr/sbin/mount.cifs", "/root/")
    try:
        ran = home.tarsctl("nas", "test", "//127.0.0.1/docs", "--json", status=1)
        found = NasTest.model_validate_json(ran.out)
        assert (found.reason, found.fix) == ("program", "sudo apt install cifs-utils")
    finally:
        home.machine.exec("mv", "/root/mount.cifs", "/usr/sbin/")


def test_a_service_that_reads_documents_starts_only_with_them(home: Home) -> None:
    """The mount is the owner's own here, and appears in the running container without a restart."""
    home.machine.write(f"{CONF_D}/90-test.toml", f'[nas]\npath = "{PATH}"\n')
    home.machine.sh(f"mkdir -p {PATH} && mount -t tmpfs mine {PATH} && touch {PATH}/tax.pdf")
    try:
        home.tarsctl("config", "reload")
        home.tarsctl("install", "--yes", "--with-frontend", "--image-archive", ARCHIVE, within=240)
        home.machine.exec("umount", PATH)
        error = home.error("restart", "webui", status=1, within=180)
        assert (error.kind, error.fix) == ("nas-absent", "tarsctl nas status")
        home.machine.sh(f"mount -t tmpfs mine {PATH} && touch {PATH}/tax.pdf")
        home.tarsctl("start", "webui", within=180)
        looked = ["docker", "exec", home.container("webui"), "ls", "/nas/documents"]
        assert home.machine.exec(*looked).out.split() == ["tax.pdf"]
        home.machine.sh(f"umount {PATH} && mount -t tmpfs mine {PATH} && touch {PATH}/new.pdf")
        assert home.machine.exec(*looked).out.split() == ["new.pdf"]
    finally:
        home.machine.sh(
            f"rm -f {CONF_D}/90-test.toml; umount {PATH} || true; rmdir -p {PATH} || true"
        )
        home.tarsctl("config", "reload")
        home.tarsctl(
            "install", "--yes", "--without-frontend", "--image-archive", ARCHIVE, within=240
        )
