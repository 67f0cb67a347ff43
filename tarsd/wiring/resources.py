"""The API: the handlers of every resource, as the table of routes takes them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from tarsd.api.handlers.alerts import AlertHandlers
from tarsd.api.handlers.bundles import BundleHandlers
from tarsd.api.handlers.changes import ChangeHandlers
from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.handlers.doctor import DoctorHandlers
from tarsd.api.handlers.incidents import IncidentHandlers
from tarsd.api.handlers.machine import MachineHandlers
from tarsd.api.handlers.models import ModelHandlers
from tarsd.api.handlers.nas import NasHandlers
from tarsd.api.handlers.ops import OpsHandlers, TokenHandlers
from tarsd.api.handlers.plan import PlanHandlers
from tarsd.api.handlers.secrets import SecretHandlers
from tarsd.api.handlers.stack import StackHandlers
from tarsd.api.handlers.validation import ValidationHandlers
from tarsd.api.route import Route
from tarsd.api.table import routes
from tarsd.catalogue import preflight
from tarsd.catalogue.check import Finding
from tarsd.changes.runner import Changes
from tarsd.config import Config
from tarsd.host.firewall import Firewall
from tarsd.host.reach import Reach
from tarsd.observe.summary import Summary
from tarsd.operations.bundle_job import BundleJob
from tarsd.operations.foresight import Foresight
from tarsd.operations.render import Renderer
from tarsd.operations.worlds import Worlds
from tarsd.wiring.ops import Operations
from tarsd.wiring.outside import Outside


def _present() -> datetime:
    return datetime.now(timezone.utc)


def resources(
    out: Outside,
    changes: Changes,
    summary: Summary,
    renderer: Renderer,
    worlds: Worlds,
    config: Callable[[], Config],
    reload: Callable[[], None],
    incidents: IncidentHandlers,
    nas_fault: Callable[[], Finding | None],
    doctor: DoctorHandlers,
    validation: ValidationHandlers,
    nas_works: Callable[[], None],
    alerts: AlertHandlers,
    ops: Operations,
) -> Sequence[Route]:
    """The routes, each with its handler."""
    nas, generations = out.nas, out.generations
    foresight = Foresight(
        preflight.CHECKS, out.paths, worlds, out.containers, generations, out.secrets
    )
    return routes(
        MachineHandlers(summary.status),
        StackHandlers(changes, out.images, out.containers, generations, out.docker),
        ChangeHandlers(changes),
        ConfigHandlers(out.paths, config, reload, renderer.render_with),
        PlanHandlers(foresight, out.settings),
        ModelHandlers(changes, out.ollama, out.settings),
        SecretHandlers(changes, out.secrets, generations, out.project),
        NasHandlers(
            changes,
            out.settings,
            nas.trials,
            nas.credentials,
            nas.documents,
            nas.units,
            Reach(),
            nas_fault,
            nas_works,
        ),
        incidents,
        doctor,
        validation,
        alerts,
        BundleHandlers(changes, BundleJob(out.own_jobs, out.paths), out.paths.bundles, _present),
        OpsHandlers(
            ops.plane, ops.certificates, Firewall(out.own_jobs), lambda: out.settings().ops
        ),
        TokenHandlers(ops.tokens),
    )
