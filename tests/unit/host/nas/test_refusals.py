"""Every refusal of a share is told as what it is: recorded words in, one reason and its fix out."""

from pathlib import Path

import pytest

from tarsd.host.nas import ask_server, cifs_refusals, nfs_refusals
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.share import Share
from tarsd.nas_source import parse
from tests.unit.host.nas import recorded as said

CREDENTIALS = Path("/x/nas-00000000.credentials")


def cifs(
    output: str,
    kernel: str = "",
    *,
    source: str = "//nas/docs",
    guest: bool = False,
    version: str = "auto",
    shares: list[str] | None = None,
) -> Refusal:
    share = Share(parse(source), version, None if guest else CREDENTIALS)
    return told(cifs_refusals.refusal(share, output, kernel, 3.0, shares))


def nfs(output: str, *, version: str = "auto", exports: list[str] | None = None) -> Refusal:
    return told(nfs_refusals.refusal(Share(parse("nas:/docs"), version), output, 3.0, exports))


def told(found: Refusal) -> Refusal:
    assert found.message.startswith("cannot ")
    assert found.fix
    return found


@pytest.mark.parametrize(
    ("output", "kernel", "reason"),
    [
        (said.DENIED, said.K_LOGON_FAILURE, "password"),
        (said.DENIED, "", "password"),
        (said.DENIED, said.K_CLOSED, "access"),
        (said.REVOKED, said.K_DISABLED, "account"),
        (said.REVOKED, "", "account"),
        (said.NO_SUCH, said.K_NO_SHARE, "share"),
        (said.NO_SUCH, "", "share"),
        (said.NOT_SUPPORTED, said.K_DIALECT, "version"),
        (said.HUNG_UP, "", "version"),
        ("mount error(110): Connection timed out\n", "", "slow"),
        ("mount error(115): Operation now in progress\n", "", "slow"),
        ("mount error(19): No such device\n", "", "kernel"),
        ("mount error(5): Input/output error\n", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_what_a_windows_share_refuses(output: str, kernel: str, reason: str) -> None:
    assert cifs(output, kernel).reason == reason


@pytest.mark.parametrize("status", sorted(cifs_refusals.ACCOUNT))
def test_an_account_that_may_not_come_in_is_no_wrong_password(status: str) -> None:
    """A locked account answers like a wrong password, and typing it again only locks it for longer."""
    kernel = said.K_LOGON_FAILURE.replace("STATUS_LOGON_FAILURE", status)
    found = cifs(said.DENIED, kernel)
    assert found.reason == "account"
    assert "password anew" not in found.fix


def test_a_server_that_hangs_up_may_only_be_going_down() -> None:
    """mount.cifs guesses at the version for each error 112, also for a NAS that restarts just then."""
    found = cifs(said.HUNG_UP)
    assert "just going down or coming up, or does not speak SMB 2.1 or newer" in found.message
    assert found.fix.startswith("try again in a minute: sudo tarsctl nas test; if it stays so:")


def test_without_the_kernels_log_both_possibilities_are_told() -> None:
    found = cifs(said.DENIED)
    assert "user or password is wrong, or the user may not open share docs" in found.message


def test_a_guest_is_told_that_guests_are_not_let_in() -> None:
    found = cifs(said.DENIED, said.K_CLOSED, guest=True)
    assert (found.reason, found.fix) == ("access", "sudo tarsctl nas setup //nas/docs --user NAME")


def test_a_mistyped_share_is_shown_what_there_is_and_the_nearest_of_it() -> None:
    found = cifs(said.NO_SUCH, said.K_NO_SHARE, source="//nas/dcos", shares=["media", "docs"])
    assert found.message.endswith("nas has no share dcos; it offers: media, docs")
    assert found.fix == "sudo tarsctl nas setup //nas/docs"


def test_a_server_that_does_not_list_its_shares_is_not_said_to_have_none() -> None:
    assert "did not tell" in cifs(said.NO_SUCH, said.K_NO_SHARE).message
    assert "shows this user none" in cifs(said.NO_SUCH, said.K_NO_SHARE, shares=[]).message


@pytest.mark.parametrize(
    ("kernel", "shares"), [(said.K_NO_DIRECTORY, None), ("", ["Docs"]), (said.K_NO_DIRECTORY, [])]
)
def test_a_missing_directory_is_not_a_missing_share(kernel: str, shares: list[str] | None) -> None:
    found = cifs(said.NO_SUCH, kernel, source="//nas/docs/2024/tax", shares=shares)
    assert found.reason == "directory"
    assert "share docs has no directory 2024/tax" in found.message


def test_a_missing_share_with_a_directory_is_a_missing_share() -> None:
    assert cifs(said.NO_SUCH, said.K_NO_SHARE, source="//nas/docs/sub").reason == "share"


def test_a_version_that_was_asked_for_is_named() -> None:
    found = cifs(said.NOT_SUPPORTED, said.K_DIALECT, version="2.1")
    assert "does not speak SMB 2.1" in found.message
    assert "--vers auto" in found.fix


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (said.NFS_DENIED, "access"),
        (said.NFS_NO_SUCH, "export"),
        (said.NFS_VERSION, "version"),
        (said.NFS_SILENT, "slow"),
        ("mount.nfs: No such device\n", "kernel"),
        ("mount.nfs: an unheard-of thing\n", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_an_nfs_server_refuses(output: str, reason: str) -> None:
    assert nfs(output).reason == reason


def test_an_export_that_is_not_there_and_one_that_is_for_others() -> None:
    """NFS 4 answers "access denied" to both; the list of exports tells them apart."""
    missing = nfs(said.NFS_DENIED, exports=["/music", "/docs2"])
    assert missing.reason == "export"
    assert missing.fix == "sudo tarsctl nas setup nas:/docs2"
    closed = nfs(said.NFS_DENIED, exports=["/docs"])
    assert (closed.reason, "allow this machine's address" in closed.fix) == ("access", True)
    assert "or not at all" in nfs(said.NFS_DENIED).message


def test_hidden_shares_are_not_offered() -> None:
    assert ask_server.parse_shares(said.SMBCLIENT) == ["docs", "closed"]


def test_an_export_with_a_space_in_its_name() -> None:
    assert ask_server.parse_exports(said.SHOWMOUNT) == ["/srv/secretdocs", "/srv/my docs"]
