"""The API: the routes of each resource, with the handlers that answer them."""

from collections.abc import Callable
from datetime import datetime, timezone

from tarsd.api.handlers.backups import BackupHandlers
from tarsd.api.handlers.bundles import BundleHandlers
from tarsd.api.handlers.changes import ChangeHandlers
from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.handlers.machine import MachineHandlers
from tarsd.api.handlers.models import ModelHandlers
from tarsd.api.handlers.nas import NasHandlers
from tarsd.api.handlers.ops import OpsHandlers, TokenHandlers
from tarsd.api.handlers.plan import PlanHandlers
from tarsd.api.handlers.secrets import SecretHandlers
from tarsd.api.handlers.stack import StackHandlers
from tarsd.api.route import Route
from tarsd.api.table import (
    backup_routes,
    bundle_routes,
    change_routes,
    config_routes,
    machine_routes,
    model_routes,
    nas_routes,
    ops_routes,
    plan_routes,
    secret_routes,
    stack_routes,
    token_routes,
)
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


def stack_resources(
    out: Outside,
    changes: Changes,
    summary: Summary,
    renderer: Renderer,
    worlds: Worlds,
    config: Callable[[], Config],
    reload: Callable[[], None],
) -> list[Route]:
    """The machine, its settings and its stack, and all that is done to them."""
    generations = out.generations
    foresight = Foresight(
        preflight.CHECKS, out.paths, worlds, out.containers, generations, out.secrets
    )
    jobs = BundleJob(out.own_jobs, out.paths)
    return [
        *machine_routes(MachineHandlers(summary.status)),
        *stack_routes(StackHandlers(changes, out.images, out.containers, generations, out.docker)),
        *change_routes(ChangeHandlers(changes)),
        *config_routes(ConfigHandlers(out.paths, config, reload, renderer.render_with)),
        *plan_routes(PlanHandlers(foresight, out.settings)),
        *model_routes(ModelHandlers(changes, out.ollama, out.settings, generations)),
        *secret_routes(SecretHandlers(changes, out.secrets, generations, out.project)),
        *backup_routes(BackupHandlers(changes, out.containers, generations, out.backups)),
        *bundle_routes(BundleHandlers(changes, jobs, out.paths.bundles, _present)),
    ]


def nas_resources(
    out: Outside, changes: Changes, fault: Callable[[], Finding | None], works: Callable[[], None]
) -> list[Route]:
    """The NAS. `fault` is what supervision knows of it; `works` tells supervision that a trial found nothing wrong."""
    nas = out.nas
    return nas_routes(
        NasHandlers(
            changes,
            out.settings,
            nas.trials,
            nas.credentials,
            nas.documents,
            nas.units,
            Reach(),
            fault,
            works,
        )
    )


def lan_resources(out: Outside, ops: Operations) -> list[Route]:
    """The LAN's listener, and the tokens for it."""
    firewall = Firewall(out.own_jobs)
    return [
        *ops_routes(OpsHandlers(ops.plane, ops.certificates, firewall, lambda: out.settings().ops)),
        *token_routes(TokenHandlers(ops.tokens)),
    ]
