"""Secrets that are gone while volumes that were made with them stay: never made anew, and what helps."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from tarsd.catalogue.check import Finding, Status
from tarsd.host.secret_files import SecretFiles

SEALED: Mapping[str, str] = {
    "postgres-password": "postgres",
    "encryption-key": "postgres",
    "webui-secret-key": "webui",
}
"""Secret -> volume that cannot be read again without it."""

COPIES: Mapping[str, tuple[str, ...]] = {
    "postgres-password": ("webui.env", "backend.env"),
    "encryption-key": ("backend.env",),
    "webui-secret-key": ("webui.env",),
}
"""Secret -> files made from it, which then still hold it."""

INSIDE: Mapping[str, tuple[str, str]] = {
    "postgres-password": ("postgres", "cat /run/secrets/postgres-password"),
    "encryption-key": ("backend", "printenv ENCRYPTION_KEY"),
    "webui-secret-key": ("webui", "printenv WEBUI_SECRET_KEY"),
}
"""Secret -> service whose container, as long as it runs, still has it, and what prints it there."""

_UNLESS: Mapping[str, str] = {
    # It is mounted, and so the one that its container was started with.
    "postgres-password": "; if it was rotated since, give the database a new one: "
    "docker exec -it {container} psql -U tars -c '\\password', and write that to {file}",
    "encryption-key": "; any value will do if no backend ever ran here",
}


def lost(
    secrets: SecretFiles, missing: Iterable[str], volumes: Collection[str], project: str
) -> list[Finding]:
    """One for each secret that must not be made anew."""
    return [
        Finding(
            "secret.missing",
            name,
            Status.FAIL,
            f"volume {project}_{SEALED[name]} was made with another one, "
            f"and {secrets.directory / name} is missing or empty",
            _put_back(secrets, name, project),
        )
        for name in missing
        if name in SEALED and f"{project}_{SEALED[name]}" in volumes
    ]


def remade(missing: Iterable[str], volumes: Collection[str], project: str) -> list[Finding]:
    """One for each secret that may be made anew, and that somebody goes on to know by its old value."""
    if "admin-password" not in missing or f"{project}_webui" not in volumes:
        return []
    words = (
        "it was missing and is made anew; Open WebUI keeps the password that its administrator has"
    )
    fix = "sign in with the old one; or have it reset by another administrator of Open WebUI"
    return [Finding("secret.remade", "admin-password", Status.WARN, words, fix)]


def _put_back(secrets: SecretFiles, name: str, project: str) -> str:
    """What helps, with the places where the old value really is."""
    file = secrets.directory / name
    places = [str(secrets.directory / it) for it in COPIES[name] if secrets.has(it)]
    if places:
        return f"put the old value back: from a backup, or from {places[0]}, which still holds it"
    service, prints = INSIDE[name]
    take = f"sudo docker exec {project}-{service}-1 {prints} | {_into(file)}"
    unless = _UNLESS.get(name, "").format(container=f"{project}-{service}-1", file=file)
    return f"put the old value back: from a backup, or while {service} still runs: {take}{unless}"


def _into(file: Path) -> str:
    write = f"sudo tee {file} >/dev/null"
    if file.parent.is_dir():
        return write
    return f"(sudo install -d -m 0700 {file.parent} && {write})"
