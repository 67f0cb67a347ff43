"""Each fault of the NAS, done for real: in a virtual machine to Samba and NFS, in a container to a mount of the owner's own.

A container machine can mount neither CIFS nor NFS. There the owner's own mount is a tmpfs: that it is absent, and that a
container does not see it, are the same faults. A run writes its table into dist/.
"""

import time
from collections.abc import Iterator

import pytest

from tests.machine.faults import catalogue
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.nas_trial import LOOK, NasTrial
from tests.machine.faults.trial import hours_pass, wait_out_the_boot
from tests.machine.home import ARCHIVE, CONF_D, Home, MakeHome
from tests.machine.nas_server import PASSWORD, USER, NasServer
from tests.machine.resource_shapes import Bundle, Verified
from tests.machine.shapes import Change

CIFS, NFS = "//127.0.0.1/docs", "127.0.0.1:/srv/docs"
PATH = "/mnt/nas/documents"
UNIT = "mnt-nas-documents.mount"
SETTINGS = f"{CONF_D}/90-test.toml"
BUNDLES = "/root/bundles"
ALL_IN_ALL = 540.0
"""Seconds after which the program that makes a bundle gives up, however slow the machine is."""


@pytest.fixture(scope="module")
def rows(virtual: bool) -> Iterator[list[Variant]]:
    rows: list[Variant] = []
    yield rows
    catalogue.write("nas-vm" if virtual else "nas", rows)


@pytest.fixture(scope="module")
def bare_home(make_home: MakeHome) -> Home:
    """The package without the stack: the NAS is looked after without it, too."""
    home = make_home()
    home.install_package()
    return home


@pytest.fixture(scope="module")
def server(bare_home: Home, virtual: bool) -> NasServer:
    if not virtual:
        pytest.skip("CIFS and NFS need a kernel of their own: packaging/test vm")
    return NasServer(bare_home.machine)


def set_up(home: Home, source: str, password: str = "/root/password") -> None:
    """`tarsctl nas setup`, which must work; the first mount of a virtual machine may take the kernel longer than 14 s."""
    who = f" --user {USER} --password-stdin < {password}" if source.startswith("//") else ""
    command = f"tarsctl nas setup --yes --json {source}{who}"

    def works() -> bool:
        ran = home.machine.sh(command, check=False, within=120)
        return ran.status == 0 and Change.model_validate_json(ran.out).status == "done"

    home.machine.wait("nas setup to work", works, 20)


@pytest.fixture
def trial(bare_home: Home, server: NasServer, rows: list[Variant]) -> Iterator[NasTrial]:
    """A machine beside a NAS that serves `docs`, which is set up; nothing is wrong, before and after."""
    server.thaw()
    for port in (445, 2049):
        server.let_through(port)
    server.start()
    set_up(bare_home, CIFS)
    hours_pass(bare_home)
    yield NasTrial(bare_home, rows)
    server.thaw()
    for port in (445, 2049):
        server.let_through(port)
    bare_home.machine.exec("tarsctl", "nas", "remove", "--yes", check=False, within=60)


@pytest.fixture
def nfs(trial: NasTrial) -> NasTrial:
    """The same with NFS."""
    set_up(trial.home, NFS)
    return trial


@pytest.mark.vm
def test_unmounted(trial: NasTrial) -> None:
    """It is seen by the kernel's word, not by the cadence, and mounted again."""
    with trial.injected(f"umount --lazy {PATH}"):
        story = trial.wait("nas.absent", "resolved")
    assert story.remedies == ["nas.mount"]
    assert story.opened.timestamp() - trial.at.timestamp() < 10
    assert trial.report().mounted is True
    trial.alone("nas.absent")
    trial.row(story, "`umount --lazy` of a share that a setup had mounted", "mounted again")


@pytest.mark.vm
@pytest.mark.parametrize("kind", ["cifs", "nfs"])
def test_stopped(trial: NasTrial, server: NasServer, every_fault: None, kind: str) -> None:
    """The NAS is waited for: nothing is unmounted, and once it is back the mount works by itself."""
    if kind == "nfs":
        set_up(trial.home, NFS)
    with trial.injected("systemctl stop smbd nfs-server"):
        story = trial.wait("nas.down")
        assert story.acts == []
        shown = trial.report()
        assert (shown.mounted, shown.reachable, shown.fault) == (True, False, "nas.down")
        assert trial.home.status().nas.fault == "nas.down"
        server.start()
    trial.alone("nas.down")
    assert trial.home.machine.exec("ls", f"{PATH}/sub").out.split()
    trial.row(
        story, f"{kind.upper()} server stopped, later started", "waited for; well once it answered"
    )


@pytest.mark.vm
def test_frozen(trial: NasTrial, server: NasServer, every_fault: None) -> None:
    """SIGSTOP to all of Samba: the kernel goes on taking connections for it."""
    with trial.injected("pkill -STOP smbd"):
        story = trial.wait("nas.down")
        assert "says nothing" in story.summary
        assert story.acts == []
        server.thaw()
    trial.alone("nas.down")
    trial.row(
        story, "all of Samba frozen (SIGSTOP), later thawed", "waited for; well once it answered"
    )


@pytest.mark.vm
@pytest.mark.parametrize(("source", "port"), [(CIFS, 445), (NFS, 2049)])
def test_firewalled(
    trial: NasTrial, server: NasServer, every_fault: None, source: str, port: int
) -> None:
    """Packets vanish: the mount hangs for who reads it, and neither tarsd nor its answers do."""
    set_up(trial.home, source)
    with trial.injected(f"iptables -I INPUT -p tcp --dport {port} -j DROP"):
        story = trial.wait("nas.down")
        assert story.acts == []
        began = time.monotonic()
        assert trial.home.status().nas.fault == "nas.down"
        assert time.monotonic() - began < 20
        trial.home.restart_daemon()
        trial.home.wait_for_answer()
        server.let_through(port)
    trial.alone("nas.down")
    trial.row(story, f"port {port} dropped by a firewall, later let through", "waited for")


@pytest.mark.vm
def test_a_bundle_is_made_beside_a_share_that_hangs(
    trial: NasTrial, server: NasServer, every_fault: None
) -> None:
    """Somebody hangs on it already; whoever makes a bundle does not, and tells what the share suffers from."""
    home = trial.home
    with trial.injected(
        "iptables -I INPUT -p tcp --dport 445 -j DROP;"
        f"setsid ls {PATH}/sub >/dev/null 2>&1 </dev/null & mkdir -p {BUNDLES}"
    ):
        trial.wait("nas.down")
        made = home.ask(Bundle, "bundle", "-o", BUNDLES, within=ALL_IN_ALL / home.machine.slowness)
        assert all(it["text"] for it in made.missing)
        told = home.machine.sh(f"tar -xzOf {made.path} --wildcards '*/nas/nas.txt'").out
        assert f"{PATH} " in told
        assert (
            "nas.down" in home.machine.sh(f"tar -xzOf {made.path} --wildcards '*/incidents/*'").out
        )
        assert home.ask(Verified, "bundle", "verify", made.path).intact
        server.let_through(445)
    home.machine.exec("rm", "-r", BUNDLES)


@pytest.mark.vm
def test_restarted(trial: NasTrial, every_fault: None) -> None:
    """A NAS that was away for seconds is no fault."""
    with trial.injected("systemctl restart smbd"):
        time.sleep(90)
    assert trial.incidents() == []
    trial.rows.append(Variant("nas.down", "Samba restarted", None, "no fault"))


@pytest.mark.vm
def test_stale(nfs: NasTrial, every_fault: None) -> None:
    """The exported directory was made anew: its old handle is stale for ever, and only a new mount helps."""
    with nfs.injected(
        "mv /srv/docs /srv/before && cp -r /srv/before /srv/docs && rm -r /srv/before && exportfs -ra"
    ):
        story = nfs.wait("nas.stale", "resolved", within=LOOK)
    assert story.remedies == ["nas.remount"]
    nfs.alone("nas.stale")
    assert nfs.home.machine.exec("ls", f"{PATH}/sub").out.split()
    nfs.row(story, "an NFS export made anew (ESTALE)", "unmounted lazily and mounted again")


@pytest.mark.vm
def test_password_changed(trial: NasTrial, server: NasServer, every_fault: None) -> None:
    """The session is refused when it is made anew; nothing signs in once more until its owner has typed the new one."""
    machine = trial.home.machine
    machine.write("/root/new", "another\n", "0600")
    with trial.injected(f"cat /root/new /root/new | smbpasswd -s {USER}; systemctl restart smbd"):
        story = trial.wait("nas.auth", within=LOOK)
        assert story.acts == []
        assert "tarsctl nas setup" in (story.fix or "")
        trial.alone("nas.auth")
        assert trial.report().fault == "nas.auth"
        set_up(trial.home, CIFS, "/root/new")
    trial.row(story, "password changed on the NAS, Samba restarted", "told; well after `nas setup`")
    machine.sh(f"cat /root/password /root/password | smbpasswd -s {USER}")


@pytest.mark.vm
def test_password_changed_while_nothing_was_mounted(trial: NasTrial, every_fault: None) -> None:
    """What a boot meets: systemd is refused once, and we try nothing before a test by the owner has worked."""
    machine = trial.home.machine
    machine.exec("systemctl", "stop", "tarsd")
    machine.write("/root/new", "another\n", "0600")
    with trial.injected(
        f"cat /root/new /root/new | smbpasswd -s {USER}; umount -l {PATH}; systemctl restart smbd;"
        f"systemctl start '{UNIT}' || true; systemctl start tarsd"
    ):
        story = trial.wait("nas.auth")
        assert "STATUS_LOGON_FAILURE" in story.summary
        trial.alone("nas.auth")
        machine.sh(f"cat /root/password /root/password | smbpasswd -s {USER}")
        assert story.acts == []
        trial.home.tarsctl("nas", "test", within=60)
    assert trial.wait("nas.auth", "resolved").remedies == ["nas.mount"]
    trial.alone("nas.auth")
    assert trial.report().mounted is True
    assert PASSWORD not in story.summary
    trial.row(
        story,
        "password changed, then the machine booted",
        "told; mounted after a `nas test` that worked",
    )


@pytest.mark.vm
def test_share_gone(trial: NasTrial, server: NasServer, every_fault: None) -> None:
    """The share was given another name."""
    with trial.injected(
        "sed -i 's/^.docs.$/[papers]/' /etc/samba/smb.conf; systemctl restart smbd"
    ):
        story = trial.wait("nas.share", within=LOOK)
        assert story.acts == []
        trial.alone("nas.share")
        trial.home.machine.sh("sed -i 's/^.papers.$/[docs]/' /etc/samba/smb.conf")
        server.start()
    trial.row(
        story, "the share renamed on the NAS, later named back", "told; well once it was back"
    )


@pytest.mark.vm
def test_marker(trial: NasTrial, every_fault: None) -> None:
    """Another share than the owner meant: his file is not in it."""
    trial.home.machine.write(SETTINGS, '[nas]\nmarker = "tars-marker.txt"\n')
    try:
        with trial.injected("tarsctl config reload"):
            story = trial.wait("nas.marker")
            assert story.acts == []
            trial.home.machine.sh("touch /srv/docs/tars-marker.txt")
        trial.row(
            story, "the owner's marker file is not in the share", "told; well once it was there"
        )
    finally:
        trial.home.machine.sh(f"rm -f {SETTINGS} /srv/docs/tars-marker.txt; tarsctl config reload")


@pytest.mark.vm
def test_something_else_is_mounted_there(trial: NasTrial) -> None:
    """Writes would land in memory, or on the local disk."""
    with trial.injected(f"umount --lazy {PATH}; mount -t tmpfs mine {PATH}"):
        story = trial.wait("nas.unexpected")
        assert story.acts == []
        trial.home.machine.exec("umount", PATH)
    assert trial.report().source == CIFS
    trial.row(story, "a local file system mounted in its place", "told; mounted once that was gone")


@pytest.fixture
def own(home: Home, rows: list[Variant], virtual: bool) -> Iterator[NasTrial]:
    """A stack whose web page reads documents that its owner has mounted himself."""
    if virtual:
        pytest.skip("a container will do, and is quicker")
    home.machine.write(SETTINGS, f'[nas]\npath = "{PATH}"\n')
    home.machine.sh(f"mkdir -p {PATH} && mount -t tmpfs mine {PATH} && touch {PATH}/tax.pdf")
    home.tarsctl("config", "reload")
    home.tarsctl("install", "--yes", "--with-frontend", "--image-archive", ARCHIVE, within=240)
    home.wait_for("healthy", within=120)
    yield NasTrial(home, rows)
    home.machine.sh(f"rm -f {SETTINGS}; umount {PATH} || true; rmdir -p {PATH} || true")
    home.tarsctl("config", "reload")
    home.tarsctl("install", "--yes", "--without-frontend", "--image-archive", ARCHIVE, within=240)


def test_a_mount_of_the_owners_own(own: NasTrial, every_fault: None) -> None:
    """Absent: told and left to him. Its directory made anew: the one container that lost it is restarted, no other."""
    machine = own.home.machine
    with own.injected(f"umount {PATH}"):
        absent = own.wait("nas.absent")
        assert absent.acts == []
        machine.sh(f"mount -t tmpfs mine {PATH} && touch {PATH}/tax.pdf")
    own.row(absent, "the owner's own mount taken away", "told; left to him")
    wait_out_the_boot(own.home)
    before = own.home.started()
    with own.injected(
        f"umount {PATH} && rmdir -p {PATH}; mkdir -p {PATH} && mount -t tmpfs mine {PATH} && touch {PATH}/tax.pdf"
    ):
        stale = own.wait("nas.container-stale", "resolved", subject="webui", within=120)
    assert stale.remedies == ["service.restart"]
    own.row(stale, "the parent directory made anew behind a container", "that container restarted")
    changed = {name for name, at in own.home.started().items() if before[name] != at}
    assert changed == {"/tars-webui-1"}
    seen = machine.exec("docker", "exec", own.home.container("webui"), "ls", "/nas/documents")
    assert seen.out.split() == ["tax.pdf"]
