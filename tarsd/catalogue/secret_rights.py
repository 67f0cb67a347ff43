"""Who may read the secrets: the directory lets only root in, for the files within are readable by containers of any user."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.host.own_files import Rights

DIRECTORY = 0o700
"""The files within may be 0444, as bind mounts into containers need it: this mode is what guards them."""

ENV_FILE = 0o640
"""The widest for an env file of the owner's own: his group may read it, nobody else."""


@dataclass(frozen=True)
class RightsFinding(Finding):
    """With what there should be."""

    mode: int = 0
    uid: int = 0
    gid: int = 0
    chown: bool = False


class Restrict(Remedy):
    """chown, where it is somebody else's, and chmod. Nothing is removed or read."""

    id = "secret.restrict"

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    @property
    def kind(self) -> Kind:  # type: ignore[override]  the same act asks where the file is not ours
        """See Remedy."""
        return self._kind

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        assert isinstance(finding, RightsFinding)
        owner = f"chown {finding.uid}:{finding.gid} and " if finding.chown else ""
        return f"{owner}chmod {finding.mode:04o} {finding.subject}"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        assert isinstance(finding, RightsFinding)
        if finding.chown:
            await hands.files.set_owner(finding.subject, finding.uid, finding.gid)
        await hands.files.set_mode(finding.subject, finding.mode)


class SecretPerms(Check):
    """Somebody else than root may read or replace the stack's passwords."""

    id = "secret.perms"
    subject = "secrets"
    own_words = True
    deadline = 10.0
    every = 600.0
    about = About(
        what="The secrets directory lets in others than root, or a file in it may be changed by others than root",
        seen="/var/lib/tars-home/secrets is not root's, or is wider than 0700; a file in it is not root's, "
        "may be written by group or "
        "others, or cannot be read by its owner",
        why="the files within are readable by containers of any user, so the directory is all that keeps "
        "local users and programs "
        "from every password of the stack; and tarsd cannot hide secrets that it cannot read",
        we="give it back to root and take the rights away, at once: whoever needs them is not meant to have "
        "them. What was there is "
        "kept, so that `tarsctl doctor undo` can bring it back",
        you="think of who may have read the passwords meanwhile, and replace them",
        commands=(
            "sudo chown root:root /var/lib/tars-home/secrets && sudo chmod 0700 /var/lib/tars-home/secrets",
            "sudo tarsctl secrets rotate postgres-password",
        ),
    )
    remedies = (Restrict(Kind.AUTOMATIC),)

    async def ask(self, world: World) -> list[Finding]:
        """Look at their modes and owners."""
        found = await world.own.secrets(world.paths)
        wrong = [it for rights in found for it in self._judge(rights)]
        return wrong or [self.passed(f"only root reads them ({len(found)} files)")] if found else []

    def _judge(self, it: Rights) -> Iterator[Finding]:
        if it.link:  # to another disk of the owner's; what it leads to is his
            return
        mode = DIRECTORY if it.directory else it.mode & ~0o022 | 0o400
        whose = it.uid != 0 or (it.directory and it.gid != 0)
        if mode == it.mode and not whose:
            return
        yield _finding(self.id, it, mode, _told(it, whose=whose), (0, 0) if whose else None)


class EnvFilePerms(Check):
    """An env file of the owner's own may be read by everyone; such files hold passwords."""

    id = "secret.env-perms"
    subject = "secrets"
    own_words = True
    deadline = 10.0
    every = 900.0
    severity = Status.WARN
    about = About(
        what="An env file of your own can be read by every user of this machine",
        seen="a file *.env in /etc/tars-home, or one that compose.override.yaml names as env_file, is wider than 0640",
        why="env files are where passwords are put for programs that read them nowhere else",
        we="nothing unattended: it is your file",
        you="narrow it, or let doctor --fix do it",
        commands=("sudo chmod 0640 FILE", "sudo tarsctl doctor --fix --only secret.env-perms"),
    )
    remedies = (Restrict(Kind.CONFIRM),)

    async def ask(self, world: World) -> list[Finding]:
        """Look at their modes."""
        found = await world.own.env_files(world.paths, world.jobs)
        return [self._judge(it) for it in found]

    def _judge(self, it: Rights) -> Finding:
        mode = it.mode & ENV_FILE
        if it.link or mode == it.mode:
            return self.passed(f"{it.mode:04o}", subject=it.path)
        told = f"{it.path} can be read or changed by others ({it.mode:04o})"
        return _finding(self.id, it, mode, told, None, Status.WARN)


def _told(it: Rights, *, whose: bool) -> str:
    if whose:
        return f"{it.path} is not root's but {it.uid}:{it.gid}'s ({it.mode:04o})"
    if it.directory:
        return f"{it.path} can be entered by others than root ({it.mode:04o})"
    if it.mode & 0o022:
        return f"{it.path} can be changed by others than root ({it.mode:04o})"
    return f"{it.path} cannot be read by its owner ({it.mode:04o})"


def _finding(
    check: str,
    it: Rights,
    mode: int,
    told: str,
    owner: tuple[int, int] | None,
    status: Status = Status.FAIL,
) -> Finding:
    commands = [f"sudo chown root:root {it.path}"] if owner else []
    commands += [f"sudo chmod {mode:04o} {it.path}"] if mode != it.mode or not owner else []
    evidence: Sequence[str] = (f"mode {it.mode:04o}, owner {it.uid}:{it.gid}; wanted {mode:04o}",)
    uid, gid = owner or (it.uid, it.gid)
    return RightsFinding(
        check,
        it.path,
        status,
        told,
        " && ".join(commands),
        tuple(evidence),
        mode,
        uid,
        gid,
        owner is not None,
    )


CHECKS: tuple[Check, ...] = (SecretPerms(), EnvFilePerms())
