"""What mount.cifs and the kernel say when a CIFS share is refused, in words and with the fix.

Numbers are errno(3)'s as mount.cifs(8) prints them (`mount error(13): ...`); the kernel makes them out of the server's
NT status (fs/smb/client/smb2maperror.c) and prints the status beside them. Recorded with Samba 4.22, Linux 6.12 and
cifs-utils 7.4 (tests/unit/host/nas).
"""

import re
from collections.abc import Mapping, Sequence

from tarsd.host.nas.refusal import Refusal, nearest, no_kernel, slow
from tarsd.host.nas.share import Share

ACCOUNT: Mapping[str, str] = {
    "STATUS_ACCOUNT_LOCKED_OUT": "the NAS has locked this user after too many wrong passwords",
    "STATUS_ACCOUNT_DISABLED": "this user is disabled on the NAS",
    "STATUS_ACCOUNT_EXPIRED": "this user has expired on the NAS",
    "STATUS_PASSWORD_EXPIRED": "this user's password has expired on the NAS",
    "STATUS_PASSWORD_MUST_CHANGE": "the NAS wants this user to choose a new password first",
    "STATUS_ACCOUNT_RESTRICTION": "the NAS does not let this user in from here, or not without a password",
    "STATUS_INVALID_LOGON_HOURS": "the NAS does not let this user in at this hour",
    "STATUS_LOGON_TYPE_NOT_GRANTED": "the NAS does not let this user in over the network",
}
"""MS-ERREF 2.3.1."""

PASSWORD = ("STATUS_LOGON_FAILURE", "STATUS_WRONG_PASSWORD", "STATUS_NO_SUCH_USER")

TOO_SLOW = (11, 110, 115)
"""EAGAIN, ETIMEDOUT, EINPROGRESS."""
VERSION = (22, 95)
"""EINVAL, EOPNOTSUPP."""
HUNG_UP = 112
"""EHOSTDOWN: the connection ended in the middle; mount.cifs guesses at the version, and so does not know either."""
NO_SUCH = (2, 6)
"""ENOENT; ENXIO from kernels before 5.0."""
OF_THE_ACCOUNT = {127: "STATUS_PASSWORD_EXPIRED", 128: "STATUS_ACCOUNT_DISABLED"}
"""EKEYEXPIRED, EKEYREVOKED."""


def refusal(
    share: Share, said: str, kernel: str, seconds: float, shares: Sequence[str] | None
) -> Refusal:
    """`said` is mount's output, `kernel` what it logged meanwhile (empty where that cannot be read), `shares` what the
    server offers, or None if it did not say."""
    number = _number(said)
    status = last_status(kernel)
    account = ACCOUNT.get(status) or ACCOUNT.get(OF_THE_ACCOUNT.get(number, ""))
    if account:
        return Refusal(
            "account",
            f"cannot mount {share.source.text}: {account}",
            "put this right in the NAS's own user settings, then try again",
        )
    if number == 13 or status in PASSWORD:
        return _denied(share, status, kernel)
    if number in NO_SUCH:
        return _no_such(share, kernel, shares)
    if number in VERSION or "Dialect not supported" in kernel:
        return _version(share)
    if number == HUNG_UP:
        return _hung_up(share)
    if number in TOO_SLOW:
        return slow(share.source, "answer the mount", seconds)
    if number == 19:
        return no_kernel(share.source, "uname -r")
    last = (said.strip().splitlines() or ["mount gave no reason"])[0]
    return Refusal("unknown", f"cannot mount {share.source.text}: {last}", "sudo dmesg | tail")


def _number(said: str) -> int:
    found = re.search(r"mount error\((\d+)\)", said)
    return int(found[1]) if found else 0


def last_status(kernel: str) -> str:
    """The newest NT status in these lines of the kernel's; empty where there is none."""
    found = re.findall(r"Status code returned 0x[0-9a-f]+ (?:NT_)?(STATUS_\w+)", kernel)
    return found[-1] if found else ""


def signs_nobody_in(kernel: str) -> bool:
    """Whether the server has refused user and password by the newest status in these lines of the kernel's.

    Not if the kernel has failed to open the share since: it is signed in before it tries that.
    """
    since = kernel.rpartition("Status code returned")[2]
    return last_status(kernel) in (*PASSWORD, *ACCOUNT) and "reconnect tcon failed" not in since


def _denied(share: Share, status: str, kernel: str) -> Refusal:
    source = share.source
    if share.credentials is None:
        return Refusal(
            "access",
            f"cannot mount {source.text}: the NAS does not let guests in here",
            f"sudo tarsctl nas setup {source.typed} --user NAME",
        )
    if status in PASSWORD or "SessSetup" in kernel:
        return Refusal(
            "password",
            f"cannot mount {source.text}: the NAS does not accept this user and password "
            f"({status or 'permission denied'}); it does not say which of the two is wrong",
            f"sudo tarsctl nas setup {source.typed} --user NAME, and type the password anew",
        )
    if kernel:
        return Refusal(
            "access",
            f"cannot mount {source.text}: user and password are right, but this user may not open "
            f"share {source.share}",
            f"let the user read {source.share} in the NAS's share permissions, then try again",
        )
    return Refusal(
        "password",
        f"cannot mount {source.text}: permission denied: user or password is wrong, or the user may not open "
        f"share {source.share}",
        f"sudo tarsctl nas setup {source.typed} --user NAME, and type the password anew",
    )


def _no_such(share: Share, kernel: str, shares: Sequence[str] | None) -> Refusal:
    source = share.source
    known = shares is not None and source.share.lower() in (each.lower() for each in shares)
    if source.below and (known or (kernel and "BAD_NETWORK_NAME" not in kernel)):
        return Refusal(
            "directory",
            f"cannot mount {source.text}: share {source.share} has no directory {source.below}",
            f"sudo tarsctl nas setup {source.beside(source.share)}",
        )
    if shares:
        offers = f"it offers: {', '.join(shares)}"
    elif shares is not None:
        offers = "it shows this user none"
    else:
        offers = "it did not tell which it has (smbclient, if installed, asks)"
    return Refusal(
        "share",
        f"cannot mount {source.text}: {source.host} has no share {source.share}; {offers}",
        f"sudo tarsctl nas setup {source.beside(nearest(source.share, shares, 'SHARE'))}",
    )


def _version(share: Share) -> Refusal:
    return Refusal(
        "version",
        f"cannot mount {share.source.text}: {share.source.host} does not speak {_asked(share)}",
        _other_version(share),
    )


def _hung_up(share: Share) -> Refusal:
    return Refusal(
        "version",
        f"cannot mount {share.source.text}: {share.source.host} hung up in the middle of it: it was just going down "
        f"or coming up, or does not speak {_asked(share)}",
        f"try again in a minute: sudo tarsctl nas test; if it stays so: {_other_version(share)}",
    )


def _asked(share: Share) -> str:
    return "SMB 2.1 or newer" if share.version == "auto" else f"SMB {share.version}"


def _other_version(share: Share) -> str:
    other = "2.0" if share.version == "auto" else "auto"
    return f"sudo tarsctl nas setup {share.source.typed} --vers {other}, or allow SMB 3 in the NAS's settings"
