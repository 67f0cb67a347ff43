"""The route table of the Unix socket, by resource; docs/json.md says the same in words."""

from tarsd.api.access import Member, Root
from tarsd.api.handlers.alerts import (
    AddressBody,
    AlertHandlers,
    ChannelBody,
    NoticesQuery,
    SilenceBody,
)
from tarsd.api.handlers.backups import BackupBody, BackupHandlers
from tarsd.api.handlers.bundles import BundleBody, BundleHandlers, BundleName
from tarsd.api.handlers.changes import ChangeHandlers, WaitQuery
from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.handlers.doctor import DoctorHandlers, ExamineBody, FixBody, UndoBody
from tarsd.api.handlers.incidents import IncidentHandlers, IncidentsQuery
from tarsd.api.handlers.machine import MachineHandlers
from tarsd.api.handlers.models import ModelBody, ModelHandlers, ModelQuery
from tarsd.api.handlers.nas import NasHandlers, SetupBody, TestBody
from tarsd.api.handlers.ops import OpsHandlers, RevokeBody, TokenBody, TokenHandlers
from tarsd.api.handlers.plan import PlanBody, PlanHandlers
from tarsd.api.handlers.secrets import SecretBody, SecretHandlers
from tarsd.api.handlers.stack import (
    InstallBody,
    LogsQuery,
    ServicesBody,
    StackHandlers,
    UninstallBody,
)
from tarsd.api.handlers.validation import ValidationBody, ValidationHandlers
from tarsd.api.route import Route
from tarsd.observe.alert_shapes import AlertReport, NoticeList, SilenceShape
from tarsd.observe.incident_shapes import IncidentList, IncidentShape, IncidentStory
from tarsd.observe.model import Status
from tarsd.observe.nas import NasReport

ANYONE, ROOT = Member(), Root()


def machine_routes(machine: MachineHandlers) -> list[Route]:
    """What is here, and how it does."""
    return [
        Route("GET", "/v1/version", ANYONE, machine.version, "Version of the daemon"),
        Route("GET", "/v1/status", ANYONE, machine.status, "Status of everything", result=Status),
    ]


def config_routes(config: ConfigHandlers) -> list[Route]:
    """Settings."""
    return [
        Route("GET", "/v1/config", ANYONE, config.show, "Settings in force"),
        Route("GET", "/v1/config/check", ANYONE, config.check, "Validate the files of settings"),
        Route("POST", "/v1/config/reload", ROOT, config.reload, "Take over the files of settings"),
    ]


def stack_routes(stack: StackHandlers) -> list[Route]:
    """The stack: install, uninstall, start, stop, logs."""
    return [
        Route(
            "POST", "/v1/images/load", ANYONE, stack.load_images, "Load an archive", streams=True
        ),
        Route("POST", "/v1/install", ANYONE, stack.install, "Install", body=InstallBody),
        Route("POST", "/v1/uninstall", ROOT, stack.uninstall, "Uninstall", body=UninstallBody),
        Route("POST", "/v1/services", ANYONE, stack.services, "Start or stop", body=ServicesBody),
        Route("GET", "/v1/services/{name}/logs", ANYONE, stack.logs, "Logs", query=LogsQuery),
    ]


def plan_routes(plan: PlanHandlers) -> list[Route]:
    """What an install would do."""
    return [
        Route("POST", "/v1/install/plan", ANYONE, plan.plan, "Plan an install", body=PlanBody),
    ]


def nas_routes(nas: NasHandlers) -> list[Route]:
    """The NAS."""
    return [
        Route("GET", "/v1/nas", ANYONE, nas.show, "The NAS", result=NasReport),
        Route("POST", "/v1/nas/test", ROOT, nas.test, "Try a share", body=TestBody),
        Route("POST", "/v1/nas/setup", ROOT, nas.setup, "Set a NAS up", body=SetupBody),
        Route("POST", "/v1/nas/remove", ROOT, nas.remove, "Take the NAS away"),
    ]


def change_routes(changes: ChangeHandlers) -> list[Route]:
    """Changes, running and past."""
    return [
        Route("GET", "/v1/changes", ANYONE, changes.list, "Newest changes"),
        Route("GET", "/v1/changes/{id}", ANYONE, changes.get, "One change"),
        Route(
            "GET",
            "/v1/changes/{id}/wait",
            ANYONE,
            changes.wait,
            "One change, once it moved",
            query=WaitQuery,
        ),
        Route("POST", "/v1/changes/{id}/abort", ANYONE, changes.abort, "Abort and undo"),
    ]


def incident_routes(incidents: IncidentHandlers) -> list[Route]:
    """The ledger."""
    return [
        Route(
            "GET",
            "/v1/incidents",
            ANYONE,
            incidents.list,
            "Newest incidents",
            query=IncidentsQuery,
            result=IncidentList,
        ),
        Route(
            "GET",
            "/v1/incidents/{id}",
            ANYONE,
            incidents.get,
            "One incident, with its timeline",
            result=IncidentStory,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/ack",
            ANYONE,
            incidents.acknowledge,
            "The owner knows",
            result=IncidentShape,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/resolve",
            ANYONE,
            incidents.resolve,
            "Close it by hand",
            result=IncidentShape,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/release",
            ANYONE,
            incidents.release,
            "Try it again at once",
            result=IncidentShape,
        ),
    ]


def alert_routes(alerts: AlertHandlers) -> list[Route]:
    """Alerts: channels, notices, silences."""
    return [
        Route("GET", "/v1/alerts", ANYONE, alerts.show, "Channels", result=AlertReport),
        Route(
            "GET",
            "/v1/alerts/outbox",
            ANYONE,
            alerts.notices,
            "What waits, and what was told",
            query=NoticesQuery,
            result=NoticeList,
        ),
        Route(
            "POST",
            "/v1/alerts/test",
            ANYONE,
            alerts.test,
            "Try a channel",
            body=ChannelBody,
            looks=True,
        ),
        Route("POST", "/v1/alerts/retry", ANYONE, alerts.retry, "Try again", body=ChannelBody),
        Route("POST", "/v1/alerts/url", ROOT, alerts.address, "Its address", body=AddressBody),
        Route(
            "POST",
            "/v1/alerts/silence",
            ANYONE,
            alerts.silence,
            "Tell nothing for a while",
            body=SilenceBody,
            result=SilenceShape,
        ),
        Route("POST", "/v1/alerts/silence/{id}/lift", ANYONE, alerts.lift, "End a silence"),
    ]


def doctor_routes(doctor: DoctorHandlers) -> list[Route]:
    """The doctor and the catalogue."""
    return [
        Route(
            "POST",
            "/v1/doctor",
            ANYONE,
            doctor.examine,
            "Ask all checks once",
            body=ExamineBody,
            looks=True,
        ),
        Route("GET", "/v1/doctor/checks", ANYONE, doctor.checks, "All checks"),
        Route("GET", "/v1/doctor/checks/{id}", ANYONE, doctor.check, "One check, explained"),
        Route("POST", "/v1/doctor/fix", ROOT, doctor.fix, "Do remedies", body=FixBody),
        Route("POST", "/v1/doctor/undo", ROOT, doctor.undo, "Take a run back", body=UndoBody),
    ]


def validation_routes(validation: ValidationHandlers) -> list[Route]:
    """Validation suites."""
    return [
        Route(
            "POST",
            "/v1/validation",
            ANYONE,
            validation.validate,
            "GO or NO-GO",
            body=ValidationBody,
            looks=True,
        ),
        Route(
            "POST",
            "/v1/validation/restart",
            ANYONE,
            validation.restart,
            "Restart the services to see what they keep",
        ),
    ]


def backup_routes(backups: BackupHandlers) -> list[Route]:
    """Backups of what services hold."""
    return [
        Route("GET", "/v1/backups", ANYONE, backups.list, "Backups that are kept"),
        Route("POST", "/v1/backups", ANYONE, backups.make, "Back up", body=BackupBody),
    ]


def bundle_routes(bundles: BundleHandlers) -> list[Route]:
    """Support bundles."""
    return [
        Route("GET", "/v1/bundles", ANYONE, bundles.list, "Bundles that are kept"),
        Route("POST", "/v1/bundles", ANYONE, bundles.make, "Make a bundle", body=BundleBody),
        Route(
            "POST",
            "/v1/bundles/plan",
            ANYONE,
            bundles.plan,
            "What would be in it",
            body=BundleBody,
            looks=True,
        ),
        Route("GET", "/v1/bundles/{name}/content", ANYONE, bundles.content, "One, as it is"),
        Route("POST", "/v1/bundles/remove", ANYONE, bundles.remove, "Remove one", body=BundleName),
    ]


def model_routes(models: ModelHandlers) -> list[Route]:
    """Models."""
    return [
        Route("GET", "/v1/models", ANYONE, models.list, "Models, here or kept"),
        Route("GET", "/v1/models/show", ANYONE, models.show, "One model", query=ModelQuery),
        Route("POST", "/v1/models/pull", ANYONE, models.pull, "Pull a model", body=ModelBody),
        Route("POST", "/v1/models/remove", ROOT, models.remove, "Remove a model", body=ModelBody),
    ]


def secret_routes(secrets: SecretHandlers) -> list[Route]:
    """Secrets."""
    return [
        Route("GET", "/v1/secrets", ANYONE, secrets.list, "Secrets, without values"),
        # A POST although it changes nothing: who has seen it is to stand in the audit log.
        Route("POST", "/v1/secrets/show", ROOT, secrets.show, "One value", body=SecretBody),
        Route("POST", "/v1/secrets/rotate", ROOT, secrets.rotate, "Replace one", body=SecretBody),
    ]


def ops_routes(ops: OpsHandlers) -> list[Route]:
    """The LAN's listener."""
    return [
        Route("GET", "/v1/ops", ANYONE, ops.show, "The LAN's listener"),
        Route("GET", "/v1/ops/ca", ANYONE, ops.authority, "Its CA"),
        Route("POST", "/v1/ops/ca/new", ROOT, ops.renew, "A new CA, which nobody trusts yet"),
    ]


def token_routes(tokens: TokenHandlers) -> list[Route]:
    """Tokens for tools of the LAN."""
    return [
        Route("GET", "/v1/tokens", ANYONE, tokens.list, "Tokens for tools of the LAN"),
        Route("POST", "/v1/tokens", ROOT, tokens.create, "Make one", body=TokenBody),
        Route("POST", "/v1/tokens/revoke", ROOT, tokens.revoke, "Revoke one", body=RevokeBody),
    ]
