"""What is told of data that an act would put at risk: what, why, and exactly what saves it."""

from collections.abc import Sequence

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.data_places import ImageFacts
from tarsd.host.containers import Container, Mounted
from tarsd.host.volumes import Volume

UNMOUNTED, MAJOR, LAYOUT, AT_RISK = (
    "chroma.data-unmounted",
    "postgres.major-mismatch",
    "postgres.18-layout",
    "data.at-risk",
)

OVERRIDE = "/etc/tars-home/compose.override.yaml"
GUIDE = "docs/backups.md"


def unmounted(container: Container, path: str) -> Finding:
    """Data in a container that would go with it."""
    id_ = container.id[:12]
    mounted = ", ".join(f"{it.name[:20]} at {it.target}" for it in container.mounts) or "nothing"
    words = (
        f"its data is in the container itself, at {path}, and would be lost with it "
        f"(mounted: {mounted})"
    )
    save = f"sudo docker stop {id_}; sudo docker cp -a {id_}:{path} /root/{container.service}-data"
    fault = UNMOUNTED if container.labels.get("tars.role") == "vector" else AT_RISK
    return _fail(fault, container.service, words, f"{save}; then see {GUIDE}")


def nowhere(
    name: str, role: str, image: ImageFacts, path: str, mounts: Sequence[Mounted]
) -> Finding:
    """A service that is to write where nothing is mounted."""
    places = ", ".join(it.target for it in mounts) or "nowhere"
    fault = UNMOUNTED if role == "vector" else AT_RISK
    if role == "db" and int(image.postgres_major or 0) >= 18:
        fault = LAYOUT
    target = "/var/lib/postgresql" if fault == LAYOUT else path
    words = (
        f"{image.tags[0]} keeps its data at {path}, and its volumes are mounted at {places}: "
        "what it writes would be lost with the container"
    )
    return _fail(fault, name, words, f"mount the volume at {target} in {OVERRIDE}; see {GUIDE}")


def other_major(name: str, image: str, cluster: str, volume: str) -> Finding:
    """A PostgreSQL that cannot read its volume."""
    words = (
        f"volume {volume} was made by PostgreSQL {cluster}, and the image is of PostgreSQL {image}, "
        "which cannot read it"
    )
    fix = f"set the image of {name} back to postgres:{cluster} in {OVERRIDE}; to move to {image}: {GUIDE}"
    return _fail(MAJOR, name, words, fix)


def foreign_driver(name: str, volume: Volume) -> Finding:
    """A volume that nobody here knows anything about."""
    words = (
        f"its volume {volume.name} is of the driver {volume.driver}: whether its data is there and whole, "
        "only its owner can tell"
    )
    return _fail(AT_RISK, name, words, f"look at it, then: tarsctl start {name}")


def no_backup(container: Container) -> Finding:
    """An image or a volume that is to change without a way back."""
    name, id_ = container.service, container.id[:12]
    words = "its image or its volume changes, and no backup of its data is younger than a day"
    fix = f"sudo tarsctl start {name}, then again; or, if its volume is backed up: sudo docker rm -f {id_}"
    return _fail(AT_RISK, name, words, fix)


def _fail(fault: str, subject: str, summary: str, fix: str) -> Finding:
    return Finding(fault, subject, Status.FAIL, summary, fix)
