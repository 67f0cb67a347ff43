"""What may be done about services: start, create, restart, or stop and hold; and what forbids each."""

from pathlib import PurePath

from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.disk_remedies import unwritable
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.views import ServiceView

_UP = ("running", "restarting", "paused")

VOLUME_GONE = "no volume "
"""Begins a line of a finding's evidence: on an empty one the service would look well, and that is its owner's to say."""


def _view(world: World, finding: Finding) -> ServiceView | None:
    return next((it for it in world.services if it.name == finding.subject), None)


class ServiceRemedy(Remedy):
    """Of the service that the finding is about."""

    def fits(self, world: World, finding: Finding) -> bool:
        """See Remedy."""
        view = _view(world, finding)
        return view is not None and self.suits(view)

    def suits(self, view: ServiceView) -> bool:
        """Whether it is an act for a container in this state."""
        return True

    def guard(self, world: World, finding: Finding) -> str | None:
        """What forbids every act on it, then what forbids this one."""
        view = _view(world, finding)
        if view is None:
            return f"there is no service {finding.subject} any more"
        if view.busy:
            return view.busy
        if view.wanted != "running":
            return "its owner has stopped it"
        if view.service.heal == "none":
            return "its label tars.heal says none"
        return self.forbids(world, view) or (None if self.holds else _without_disk(world))

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """Why this very act must not be; None if it may."""
        return None


class Start(ServiceRemedy):
    """Start its container as it is."""

    id = "service.start"

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"start {finding.subject}"

    def suits(self, view: ServiceView) -> bool:
        """What runs, or is being started by Docker, needs no start."""
        return view.container is not None and view.container.state not in _UP

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """What reads the NAS waits for it, and what has a card for its driver."""
        return without_nas(world, view) or without_card(world, view)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.start(finding.subject)


class Create(ServiceRemedy):
    """Create what is missing of it from the current generation. Its volumes are there, or the hands refuse."""

    id = "service.create"

    def fits(self, world: World, finding: Finding) -> bool:
        """Not where a volume is gone, too."""
        gone = any(line.startswith(VOLUME_GONE) for line in finding.evidence)
        return not gone and super().fits(world, finding)

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"create {finding.subject}"

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """What reads the NAS waits for it, and what has a card for its driver."""
        return without_nas(world, view) or without_card(world, view)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.create(finding.subject)


class Restart(ServiceRemedy):
    """Stop and start its container."""

    id = "service.restart"
    disturbs = True

    def __init__(self, *, hung: bool) -> None:
        self._hung = hung

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"restart {finding.subject}"

    def suits(self, view: ServiceView) -> bool:
        """Only what runs."""
        return view.container is not None and view.container.state == "running"

    def forbids(self, world: World, view: ServiceView) -> str | None:
        """It would not come up again without what it needs."""
        return _not_to_be_stopped(world, view)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.restart(finding.subject, hung=self._hung)


class StopLoop(ServiceRemedy):
    """Stop what ends again and again. Where it is stopped already, the next remedy is to try it once more."""

    id = "service.stop"
    holds = True

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"stop {finding.subject} and hold"

    def suits(self, view: ServiceView) -> bool:
        """Only what would go on ending."""
        return view.container is not None and view.container.state in ("running", "restarting")

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.stop(finding.subject)


def no_restart(world: World, view: ServiceView) -> str | None:
    """Why a service that runs must be left to run, whoever asks for its restart: it would not come up again."""
    return _not_to_be_stopped(world, view) or _without_disk(world)


def _not_to_be_stopped(world: World, view: ServiceView) -> str | None:
    return without_nas(world, view) or without_card(world, view, runs=True)


def _without_disk(world: World) -> str | None:
    disk = unwritable(world)
    return f"on a disk that takes no writes it would not come up again: {disk}" if disk else None


def without_nas(world: World, view: ServiceView) -> str | None:
    """Why a service that reads the NAS must not be started now: on an empty directory it would look well."""
    nas = world.settings.nas
    if (
        nas.path is None
        or not nas.enabled
        or str(PurePath(nas.path).parent) not in view.service.binds
    ):
        return None
    try:
        mount = world.mount(nas.path)
    except OSError as error:
        return f"it reads the NAS, and nobody can tell whether that is mounted: {error.strerror}"
    # Without a source the mount is the owner's own, of whatever kind.
    if mount is not None and (mount.is_network or nas.source is None):
        return None
    return f"it reads the NAS, and nothing is mounted at {nas.path}"


def without_card(world: World, view: ServiceView, *, runs: bool = False) -> str | None:
    """Why one that is given a card must not be started now; `runs`: why it must be left to run. It would come up without."""
    if not view.service.gpu or world.settings.stack.cpu_only:  # then nobody asks for cards
        return None
    cards = world.nvidia.cards
    return cards.no_restart() if runs else cards.no_start()
