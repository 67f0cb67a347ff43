"""Samba and an NFS server on the machine itself: a NAS that can be stopped, frozen and firewalled."""

from tests.machine.machine import Machine

DOCUMENTS = 6
USER, PASSWORD = "scan", 'pa,ss "w%rd'

SMB_CONF = """\
[global]
server role = standalone server
map to guest = never
load printers = no
disable spoolss = yes
[docs]
path = /srv/docs
read only = yes
[closed]
path = /srv/closed
valid users = nobody
"""
EXPORTS = (
    "/srv/docs 127.0.0.1(ro,no_subtree_check) ::1(ro,no_subtree_check)\n"
    "/srv/closed 192.0.2.1(ro,no_subtree_check)\n"
)


class NasServer:
    """Serves `//127.0.0.1/docs` to USER and `127.0.0.1:/srv/docs`, both at ::1, too; `closed` and `/srv/closed` are for
    others."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        machine.write("/etc/samba/smb.conf", SMB_CONF)
        machine.write("/etc/exports", EXPORTS)
        machine.write("/root/password", f"{PASSWORD}\n", "0600")
        machine.write("/root/wrong", "wrong\n", "0600")
        machine.sh(
            "mkdir -p /srv/docs/sub /srv/closed"
            " && touch /srv/docs/{1,2,3}.txt /srv/docs/sub/{1,2,3}.pdf"
            f" && (id {USER} >/dev/null 2>&1 || useradd -M {USER})"
            f" && cat /root/password /root/password | smbpasswd -s -a {USER}"
        )
        self.start()

    def start(self) -> None:
        self._machine.sh("systemctl restart smbd nfs-server && exportfs -ra", within=120)

    def stop(self) -> None:
        self._machine.exec("systemctl", "stop", "smbd", "nfs-server", within=120)

    def freeze(self) -> None:
        """Every process of Samba stays where it is; the kernel goes on taking connections for it."""
        self._machine.exec("pkill", "-STOP", "smbd")

    def thaw(self) -> None:
        self._machine.exec("pkill", "-CONT", "smbd", check=False)

    def drop(self, port: int) -> None:
        """A firewall that says nothing."""
        self._machine.exec(*self._rule("-I", port))

    def let_through(self, port: int) -> None:
        self._machine.exec(*self._rule("-D", port), check=False)

    @staticmethod
    def _rule(act: str, port: int) -> list[str]:
        return ["iptables", act, "INPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP"]
