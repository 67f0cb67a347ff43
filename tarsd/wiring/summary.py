"""What `tarsctl status` shows, put together of all parts."""

from collections.abc import Callable, Sequence

from tarsd.changes.hiding import Hiding
from tarsd.changes.runner import Changes
from tarsd.host.control_groups import ControlGroups
from tarsd.observe.engine_look import EngineLook
from tarsd.observe.model import IncidentsStatus, NasStatus, Problem
from tarsd.observe.nas import status as nas_status
from tarsd.observe.parts import Parts
from tarsd.observe.summary import Summary
from tarsd.store.intent import IntentStore
from tarsd.wiring.outside import Outside
from tarsd.wiring.supervision import Supervision


def summary_of(
    out: Outside,
    supervision: Supervision,
    intent: IntentStore,
    changes: Changes,
    problems: Callable[[], Sequence[Problem]],
    incidents: Callable[[], IncidentsStatus | None],
) -> Summary:
    """`problems`: what is wrong with the daemon's own footing."""
    nas = out.nas

    def mounted() -> NasStatus:
        return nas_status(out.settings().nas, nas.units, nas.documents, supervision.nas_fault())

    look = EngineLook(supervision.standing, out.containers, supervision.truth, ControlGroups())
    return Summary(
        look,
        out.generations,
        intent,
        changes,
        Parts(out.gpus, mounted),
        supervision.tells,
        Hiding(out.secrets.hider),
        problems,
        incidents,
    )
