"""Documents from a NAS, against a real Samba and a real NFS server: what works, what is wrong, what hangs."""

from collections.abc import Iterator

import pytest

from tests.machine.home import Home, MakeHome
from tests.machine.nas_server import DOCUMENTS, PASSWORD, USER, NasServer
from tests.machine.shapes import Change, NasReport, NasTest

CIFS, NFS = "//127.0.0.1/docs", "127.0.0.1:/srv/docs"
PATH = "/mnt/nas/documents"
UNIT = "mnt-nas-documents.mount"

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module")
def bare_home(make_home: MakeHome) -> Home:
    """The package without the stack."""
    home = make_home()
    home.install_package()
    return home


@pytest.fixture(scope="module")
def server(bare_home: Home, virtual: bool) -> NasServer:
    if not virtual:
        pytest.skip("CIFS and NFS need a kernel of their own: packaging/test vm")
    return NasServer(bare_home.machine)


@pytest.fixture
def nas(bare_home: Home, server: NasServer) -> Iterator[Home]:
    """A machine beside a NAS that serves; nothing is set up, before and after."""
    yield bare_home
    server.thaw()
    for port in (445, 2049):
        server.let_through(port)
    server.start()
    bare_home.machine.exec("tarsctl", "nas", "remove", "--yes", check=False, within=30)
    assert_nothing_left(bare_home)


def assert_nothing_left(home: Home) -> None:
    """No mount, no unit, no credentials, no settings, no directory."""
    left = home.machine.sh(
        "grep /mnt/nas /proc/self/mountinfo; ls -d /mnt/nas /etc/systemd/system/*.mount"
        " /etc/systemd/system/*/mnt-nas* /etc/tars-home/conf.d/* /var/lib/tars-home/secrets/nas-*"
        " /var/lib/tars-home/nas-documents.json; systemctl list-units --all --no-legend '*nas*'",
        check=False,
    )
    assert left.out == "", left.out


def words(source: str, password: str = "/root/password") -> str:
    """The words that follow `tarsctl nas setup` or `test`; `password` is a file."""
    if source.startswith("//"):
        return f"{source} --user {USER} --password-stdin < {password}"
    return source


def tried(home: Home, source: str, password: str = "/root/password", vers: str = "auto") -> NasTest:
    """`tarsctl nas test`, whatever it says."""
    command = f"tarsctl nas test --json --vers {vers} {words(source, password)}"
    return NasTest.model_validate_json(home.machine.sh(command, check=False, within=90).out)


def set_up(home: Home, source: str, *more: str, password: str = "/root/password") -> Change:
    """`tarsctl nas setup`, whatever comes of it."""
    command = f"tarsctl nas setup --yes --json {' '.join(more)} {words(source, password)}"
    return Change.model_validate_json(home.machine.sh(command, check=False, within=120).out)


def report(home: Home) -> NasReport:
    return home.ask(NasReport, "nas", "status")


@pytest.mark.parametrize(
    ("source", "kind", "device"),
    [
        (CIFS, "cifs", CIFS),
        (NFS, "nfs4", NFS),
        ("//[::1]/docs", "cifs", "//::1/docs"),
        ("[::1]:/srv/docs", "nfs4", "[::1]:/srv/docs"),
    ],
)
def test_set_up_reboot_and_remove(nas: Home, source: str, kind: str, device: str) -> None:
    ended = set_up(nas, source)
    assert ended.status == "done", ended.error
    shown = report(nas)
    assert (shown.mounted, shown.reachable, shown.read_only) == (True, True, True)
    assert (shown.documents, shown.documents_complete) == (DOCUMENTS, True)
    assert {"ro", "nosuid", "nodev", "noexec", "soft"} <= set(shown.options)
    assert nas.status().nas.documents == DOCUMENTS
    mounted = nas.machine.exec("findmnt", "-no", "FSTYPE,SOURCE", PATH).out.split()
    assert mounted == [kind, device]
    assert nas.machine.exec("touch", f"{PATH}/x", check=False).status != 0
    # A user of a container reads it too.
    assert nas.machine.exec("runuser", "-u", "nobody", "ls", f"{PATH}/sub").out.split()
    assert nas.machine.exec("systemctl", "is-enabled", UNIT).out.strip() == "enabled"
    nas.tarsctl("nas", "remove", "--yes", within=60)
    assert_nothing_left(nas)


def test_a_mount_comes_back_after_a_reboot_and_a_dead_nas_does_not_hold_it_up(
    nas: Home, server: NasServer
) -> None:
    nas.machine.exec("systemctl", "enable", "smbd")
    before = (
        "/etc/systemd/system/smbd.service.d/before.conf"  # a NAS is up before the machine boots
    )
    nas.machine.write(before, f"[Unit]\nBefore={UNIT}\n")
    assert set_up(nas, CIFS).status == "done"
    nas.machine.reboot()
    nas.wait_for_answer(within=30)
    nas.machine.wait("the mount", lambda: bool(report(nas).mounted), within=30)
    assert nas.machine.exec("ls", f"{PATH}/sub").out.split() == ["1.pdf", "2.pdf", "3.pdf"]
    nas.machine.exec("systemctl", "disable", "smbd")
    nas.machine.reboot()
    nas.wait_for_answer(within=30)
    assert report(nas).mounted is False
    assert "not mounted" in nas.tarsctl("status").out
    nas.machine.sh(f"rm -r {before.rpartition('/')[0]} && systemctl daemon-reload")
    server.start()
    assert nas.tarsctl("nas", "status").out.endswith(f"Next: sudo systemctl start '{UNIT}'\n")
    nas.machine.exec("systemctl", "start", UNIT)
    assert report(nas).mounted is True


@pytest.mark.parametrize(
    ("source", "password", "reason", "said"),
    [
        (CIFS, "/root/wrong", "password", "STATUS_LOGON_FAILURE"),
        ("//127.0.0.1/dcos", "/root/password", "share", "it offers: docs, closed"),
        ("//127.0.0.1/docs/none", "/root/password", "directory", "no directory none"),
        ("//127.0.0.1/closed", "/root/password", "access", "may not open share closed"),
        ("//nas.invalid/docs", "/root/password", "name", "cannot find nas.invalid"),
        ("127.0.0.1:/srv/closed", "", "access", "denies this machine access"),
        ("127.0.0.1:/srv/dcos", "", "export", "it exports: "),
        ("127.0.0.1:/srv/docs/none", "", "export", "has no /srv/docs/none"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_left(
    nas: Home, source: str, password: str, reason: str, said: str
) -> None:
    found = tried(nas, source, password)
    assert (found.works, found.reason) == (False, reason), found
    assert said in (found.message or "")
    assert found.fix
    ended = set_up(nas, source, password=password)
    assert ended.status == "undone"
    assert ended.error is not None
    assert (ended.error.kind, ended.error.details["reason"]) == ("nas-refused", reason)
    assert ended.error.message == found.message
    assert_nothing_left(nas)


def test_a_locked_account_is_not_a_wrong_password(nas: Home) -> None:
    nas.machine.exec("smbpasswd", "-d", USER)
    try:
        assert tried(nas, CIFS).reason == "account"
    finally:
        nas.machine.exec("smbpasswd", "-e", USER)


@pytest.mark.parametrize(
    ("source", "vers"), [(CIFS, "2.0"), (CIFS, "3.0"), (NFS, "3"), (NFS, "4.1")]
)
def test_a_version_that_is_asked_for_is_spoken(nas: Home, source: str, vers: str) -> None:
    found = tried(nas, source, vers=vers)
    assert (found.works, found.version) == (True, vers), found


def test_a_version_that_the_server_does_not_speak(nas: Home, server: NasServer) -> None:
    nas.machine.sh("sed -i '2i server min protocol = SMB3_11' /etc/samba/smb.conf")
    server.start()
    try:
        found = tried(nas, CIFS, vers="2.1")
        assert (found.reason, "SMB 2.1" in (found.message or "")) == ("version", True)
        assert tried(nas, CIFS).works
    finally:
        nas.machine.exec("sed", "-i", "2d", "/etc/samba/smb.conf")


def test_a_server_that_is_stopped_and_one_that_is_firewalled(nas: Home, server: NasServer) -> None:
    server.stop()
    for source in (CIFS, NFS):
        found = tried(nas, source)
        assert (found.reason, "is not running there" in (found.message or "")) == ("port", True)
    server.start()
    server.drop(445)
    found = tried(nas, CIFS)
    assert (found.reason, "firewall" in (found.message or "")) == ("port", True)


def test_a_frozen_server_holds_nothing_up(nas: Home, server: NasServer) -> None:
    assert set_up(nas, CIFS).status == "done"
    server.freeze()
    assert tried(nas, CIFS).reason == "slow"
    shown = report(nas)
    assert (shown.mounted, shown.documents) == (True, DOCUMENTS)
    assert nas.status().nas.mounted is True
    ended = set_up(nas, "//127.0.0.1/closed")
    assert ended.status == "undone", "the trial fails before the old mount is touched"
    assert report(nas).mounted is True
    assert nas.ask(Change, "nas", "remove", "--yes", within=120).status == "done"
    assert_nothing_left(nas)


def test_an_nfs_server_that_is_gone_does_not_hold_up_its_removal(
    nas: Home, server: NasServer
) -> None:
    assert set_up(nas, NFS).status == "done"
    server.drop(2049)
    shown = report(nas)
    assert (shown.mounted, shown.reachable) == (True, False)
    assert tried(nas, NFS).reason == "port"
    assert nas.ask(Change, "nas", "remove", "--yes", within=120).status == "done"
    assert_nothing_left(nas)


def test_the_old_share_stays_when_the_new_one_does_not_work(nas: Home) -> None:
    assert set_up(nas, CIFS).status == "done"
    before = nas.machine.read(f"/etc/systemd/system/{UNIT}")
    assert set_up(nas, CIFS, password="/root/wrong").status == "undone"
    assert nas.machine.read(f"/etc/systemd/system/{UNIT}") == before
    assert report(nas).mounted is True
    assert set_up(nas, NFS, "--path", "/mnt/nas/other").status == "done"
    shown = report(nas)
    assert (shown.source, shown.path, shown.mounted) == (NFS, "/mnt/nas/other", True)
    assert nas.machine.exec("ls", PATH, check=False).status != 0
    # Files held open do not keep it from being taken away.
    nas.machine.sh("tail -f /mnt/nas/other/1.txt >/dev/null 2>&1 & sleep 1")
    nas.tarsctl("nas", "remove", "--yes", within=60)
    nas.machine.exec("pkill", "tail", check=False)


def test_the_password_is_in_its_file_and_nowhere_else(nas: Home) -> None:
    assert set_up(nas, CIFS).status == "done"
    nas.machine.write("/root/pattern", PASSWORD)
    found = nas.machine.sh(
        "sync; grep -rlFf /root/pattern /var/lib/tars-home /etc/tars-home /etc/systemd /run/systemd"
        " || true; journalctl --no-pager | grep -cFf /root/pattern || true"
    ).out.split()
    assert found[1:] == ["0"], found
    assert found[0].startswith("/var/lib/tars-home/secrets/nas-")
    listed = nas.machine.exec("stat", "-c", "%a %U", found[0]).out.split()
    assert listed == ["600", "root"]


def test_neither_files_nor_mounts_of_the_owners_are_hidden(nas: Home) -> None:
    nas.machine.sh("mkdir -p /mnt/nas/documents && touch /mnt/nas/documents/tax.pdf")
    ended = set_up(nas, CIFS)
    assert ended.error is not None
    assert "it holds tax.pdf" in ended.error.message
    nas.machine.sh("rm /mnt/nas/documents/tax.pdf && mount -t tmpfs mine /mnt/nas/documents")
    ended = set_up(nas, CIFS)
    assert ended.error is not None
    assert "mine (tmpfs) is mounted there" in ended.error.message
    nas.machine.sh(
        "umount /mnt/nas/documents && rmdir -p /mnt/nas/documents || rmdir /mnt/nas || true"
    )


def test_a_removal_of_the_package_keeps_the_mount_and_a_purge_takes_it_away(nas: Home) -> None:
    assert set_up(nas, CIFS).status == "done"
    nas.apt("remove", "tars-home")
    assert nas.machine.exec("findmnt", "-no", "SOURCE", PATH).out.strip() == CIFS
    nas.apt("purge", "tars-home")
    try:
        assert_nothing_left(nas)
    finally:
        nas.install_package()
