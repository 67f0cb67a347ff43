"""The doctor: the same parts for a daemon, whose monitor watches, and for `tarsd doctor`, where no daemon is."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tarsd.api.handlers.doctor import DoctorHandlers
from tarsd.api.handlers.validation import ValidationHandlers
from tarsd.catalogue.check import Asked, World
from tarsd.catalogue.everything import SUBJECTS
from tarsd.changes.hiding import Hiding
from tarsd.changes.model import TaskKind
from tarsd.changes.runner import Changes
from tarsd.engine.examination import Examination, Eyes
from tarsd.engine.eyes import FirstEyes, LiveEyes
from tarsd.engine.validation import Validation
from tarsd.host.edits.runs import Runs
from tarsd.operations.doctor_tasks import RemedyTask, UndoRunTask
from tarsd.operations.mending import Mending
from tarsd.operations.persistence import FindTask, LeaveTask, Persistence
from tarsd.operations.taking_back import TakingBack
from tarsd.operations.worlds import Worlds
from tarsd.store.intent import IntentStore
from tarsd.wiring.outside import Outside
from tarsd.wiring.supervision import Supervision


@dataclass(frozen=True)
class Doctor:
    """What examines, what mends, what takes back."""

    examination: Examination
    mending: Mending
    back: TakingBack

    def kinds(self) -> list[TaskKind]:
        """Of its changes, and of a validation's."""
        return [
            RemedyTask(self.mending, self.back),
            UndoRunTask(self.back),
            LeaveTask(self.examination),
            FindTask(self.examination),
        ]


def doctor(out: Outside, supervision: Supervision, worlds: Worlds, *, live: bool) -> Doctor:
    """Construct it; `live`: a daemon watches all the time."""
    watched = LiveEyes(
        supervision.truth,
        supervision.views,
        lambda: _seen_by(worlds.world(out.settings(), Asked(attended=True)), live=live),
    )
    eyes: Eyes = watched if live else FirstEyes(watched, supervision.truth, supervision.prober)
    examination = Examination(SUBJECTS, eyes, supervision.costs, Hiding(out.secrets.hider))
    back = TakingBack(Runs(out.paths.doctor), out.own_jobs)
    acted = supervision.monitor.ask
    return Doctor(examination, Mending(examination, supervision.hands_for, back, acted), back)


def doctor_handlers(
    it: Doctor, supervision: Supervision, changes: Callable[[], Changes]
) -> DoctorHandlers:
    """What the API answers with."""
    return DoctorHandlers(
        SUBJECTS,
        it.examination,
        it.mending,
        it.back,
        changes,
        lambda: supervision.views.names,
        supervision.costs,
    )


def validation_handlers(
    it: Doctor, out: Outside, intent: IntentStore, changes: Callable[[], Changes]
) -> ValidationHandlers:
    """What `tarsctl validate` is answered with: the same examination."""
    installed = out.generations.current_number
    validation = Validation(it.examination, lambda: installed() is not None)
    return ValidationHandlers(validation, Persistence(changes, intent, out.generations))


def _seen_by(world: World, *, live: bool) -> World:
    return world if live else replace(world, served=False, daemon=None)
