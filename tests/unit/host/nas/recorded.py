"""What mount(8) and the kernel said, recorded with Samba 4.22, nfs-utils 2.8, cifs-utils 7.4 and Linux 6.12."""

MANUAL = (
    "Refer to the mount.cifs(8) manual page (e.g. man mount.cifs) and kernel log messages (dmesg)\n"
)
DENIED = f"mount error(13): Permission denied\n{MANUAL}"
NO_SUCH = f"mount error(2): No such file or directory\n{MANUAL}"
REVOKED = f"mount error(128): Key has been revoked\n{MANUAL}"
NOT_SUPPORTED = f"mount error(95): Operation not supported\n{MANUAL}"
HUNG_UP = (
    "mount error: Server abruptly closed the connection.\n"
    "This can happen if the server does not support the SMB version you are trying to use.\n"
    "The default SMB version recently changed from SMB1 to SMB2.1 and above. Try mounting with vers=1.0.\n"
    f"mount error(112): Host is down\n{MANUAL}"
)

TRYING = "CIFS: Attempting to mount //nas/docs\n"
K_LOGON_FAILURE = (
    f"{TRYING}CIFS: Status code returned 0xc000006d STATUS_LOGON_FAILURE\n"
    "CIFS: VFS: \\\\nas Send error in SessSetup = -13\n"
    "CIFS: VFS: cifs_mount failed w/return code = -13"
)
K_DISABLED = (
    f"{TRYING}CIFS: Status code returned 0xc0000072 STATUS_ACCOUNT_DISABLED\n"
    "CIFS: VFS: \\\\nas Send error in SessSetup = -128\n"
    "CIFS: VFS: cifs_mount failed w/return code = -128"
)
K_CLOSED = f"{TRYING}CIFS: VFS: cifs_mount failed w/return code = -13"
K_NO_SHARE = (
    f"{TRYING}CIFS: VFS: BAD_NETWORK_NAME: \\\\nas\\docs\n"
    "CIFS: VFS: cifs_mount failed w/return code = -2"
)
K_NO_DIRECTORY = f"{TRYING}CIFS: VFS: cifs_mount failed w/return code = -2"
K_DIALECT = (
    f"{TRYING}CIFS: VFS: \\\\nas Dialect not supported by server. Consider  specifying vers=1.0 or vers=2.0 on "
    "mount for accessing older servers\nCIFS: VFS: cifs_mount failed w/return code = -95"
)

NFS_DENIED = "mount.nfs: access denied by server while mounting nas:/docs\n"
NFS_NO_SUCH = (
    "mount.nfs: mounting nas:/docs failed, reason given by server: No such file or directory\n"
)
NFS_VERSION = "mount.nfs: requested NFS version or transport protocol is not supported for /tmp/m\n"
NFS_SILENT = "mount.nfs: Connection timed out for nas:/docs on /tmp/m\n"

SMBCLIENT = """\
Disk|docs|
Disk|closed|the boss's
Disk|print$|Printer Drivers
IPC|IPC$|IPC Service (Samba 4.22.11-Debian-4.22.11+dfsg-0+deb13u1)
SMB1 disabled -- no workgroup available
"""
SHOWMOUNT = "/srv/secretdocs 192.0.2.1\n/srv/my docs 127.0.0.1,10.0.0.0/8\n"
