"""Machines that somebody has damaged: what `tarsctl doctor --fix` mends and its undo brings back, byte for byte."""

from dataclasses import dataclass

SECRETS = "/var/lib/tars-home/secrets"
DAEMON_JSON = "/etc/docker/daemon.json"
ETC = "/etc/tars-home"


KILLED = "systemctl kill -s KILL docker.service; sleep 5; docker version >/dev/null"
"""An Engine that dies takes the stack along, unless its settings say otherwise."""


@dataclass(frozen=True)
class Damage:
    """`done` is what was done to the machine, in its shell; `ids` are the checks that see it."""

    name: str
    done: str
    ids: tuple[str, ...]
    quick: bool = False


DAMAGES = (
    Damage("secrets for everyone to enter", f"chmod 0755 {SECRETS}", ("secret.perms",), quick=True),
    Damage("secrets for everyone to change", f"chmod 0777 {SECRETS}", ("secret.perms",)),
    Damage("secrets given away", f"chown 1000:1000 {SECRETS}", ("secret.perms",), quick=True),
    Damage("secrets for a group", f"chgrp 1000 {SECRETS}; chmod 0750 {SECRETS}", ("secret.perms",)),
    Damage(
        "a secret that everyone may change",
        f"chmod 0666 {SECRETS}/redis-password",
        ("secret.perms",),
    ),
    Damage("a secret that nobody may read", f"chmod 0000 {SECRETS}/jwt-root", ("secret.perms",)),
    Damage("a secret given away", f"chown nobody {SECRETS}/redis-password", ("secret.perms",)),
    Damage(
        "secrets and what is in them",
        f"chmod 0711 {SECRETS}; chmod 0646 {SECRETS}/jwt-root; chown nobody {SECRETS}/encryption-key",
        ("secret.perms",),
    ),
    Damage(
        "earlier secrets for everyone",
        f"mkdir {SECRETS}/previous; chmod 0755 {SECRETS}/previous",
        ("secret.perms",),
    ),
    Damage(
        "an env file for everyone",
        f"echo PASSWORD=hunter22 > {ETC}/my.env; chown 1000 {ETC}/my.env; chmod 0644 {ETC}/my.env",
        ("secret.env-perms",),
        quick=True,
    ),
    Damage(
        "an env file at home that the override names",
        "mkdir -p /home/ann; echo A=b > /home/ann/a.env; chmod 0666 /home/ann/a.env;"
        f" printf 'services:\\n  redis:\\n    env_file:\\n      - path: /home/ann/a.env\\n' > {ETC}/compose.override.yaml",
        ("secret.env-perms",),
    ),
    Damage("Docker not enabled", "systemctl disable docker.service", ("boot.disabled",)),
    Damage("tarsd not enabled", "systemctl disable tarsd.service", ("boot.disabled",), quick=True),
    Damage(
        "an Engine without live-restore, and no settings of it",
        f"rm -f {DAEMON_JSON}; {KILLED}",
        ("docker.live-restore-off",),
    ),
    Damage(
        "an Engine without live-restore, its settings written by hand",
        f'printf \'{{ "debug":false ,\\n\\t"live-restore": false}}\' > {DAEMON_JSON};'
        f" chmod 0600 {DAEMON_JSON}; {KILLED}",
        ("docker.live-restore-off",),
    ),
    Damage(
        "all of it",
        f"chmod 0755 {SECRETS}; chown nobody {SECRETS}/jwt-root; systemctl disable tarsd.service;"
        f" echo A=b > {ETC}/my.env; chmod 0604 {ETC}/my.env",
        ("secret.perms", "secret.env-perms", "boot.disabled"),
    ),
)
"""More than the fifteen that the doctor is to be proved on."""
