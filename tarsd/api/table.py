"""The route table of the Unix socket."""

from tarsd.api.access import Member, Root
from tarsd.api.handlers.alerts import (
    AddressBody,
    AlertHandlers,
    ChannelBody,
    NoticesQuery,
    SilenceBody,
)
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


def routes(
    machine: MachineHandlers,
    stack: StackHandlers,
    changes: ChangeHandlers,
    config: ConfigHandlers,
    plan: PlanHandlers,
    models: ModelHandlers,
    secrets: SecretHandlers,
    nas: NasHandlers,
    incidents: IncidentHandlers,
    doctor: DoctorHandlers,
    validation: ValidationHandlers,
    alerts: AlertHandlers,
    bundles: BundleHandlers,
    ops: OpsHandlers,
    tokens: TokenHandlers,
) -> list[Route]:
    """Every route under /v1; docs/json.md says the same in words."""
    anyone, root = Member(), Root()
    return [
        Route("GET", "/v1/version", anyone, machine.version, "Version of the daemon"),
        Route("GET", "/v1/status", anyone, machine.status, "Status of everything", result=Status),
        Route("GET", "/v1/config", anyone, config.show, "Settings in force"),
        Route("GET", "/v1/config/check", anyone, config.check, "Validate the files of settings"),
        Route("POST", "/v1/config/reload", root, config.reload, "Take over the files of settings"),
        Route(
            "POST", "/v1/images/load", anyone, stack.load_images, "Load an archive", streams=True
        ),
        Route("POST", "/v1/install", anyone, stack.install, "Install", body=InstallBody),
        Route("POST", "/v1/install/plan", anyone, plan.plan, "Plan an install", body=PlanBody),
        Route("POST", "/v1/uninstall", root, stack.uninstall, "Uninstall", body=UninstallBody),
        Route("POST", "/v1/services", anyone, stack.services, "Start or stop", body=ServicesBody),
        Route("GET", "/v1/services/{name}/logs", anyone, stack.logs, "Logs", query=LogsQuery),
        Route("GET", "/v1/nas", anyone, nas.show, "The NAS", result=NasReport),
        Route("POST", "/v1/nas/test", root, nas.test, "Try a share", body=TestBody),
        Route("POST", "/v1/nas/setup", root, nas.setup, "Set a NAS up", body=SetupBody),
        Route("POST", "/v1/nas/remove", root, nas.remove, "Take the NAS away"),
        Route("GET", "/v1/changes", anyone, changes.list, "Newest changes"),
        Route("GET", "/v1/changes/{id}", anyone, changes.get, "One change"),
        Route(
            "GET",
            "/v1/changes/{id}/wait",
            anyone,
            changes.wait,
            "One change, once it moved",
            query=WaitQuery,
        ),
        Route("POST", "/v1/changes/{id}/abort", anyone, changes.abort, "Abort and undo"),
        Route(
            "GET",
            "/v1/incidents",
            anyone,
            incidents.list,
            "Newest incidents",
            query=IncidentsQuery,
            result=IncidentList,
        ),
        Route(
            "GET",
            "/v1/incidents/{id}",
            anyone,
            incidents.get,
            "One incident, with its timeline",
            result=IncidentStory,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/ack",
            anyone,
            incidents.acknowledge,
            "The owner knows",
            result=IncidentShape,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/resolve",
            anyone,
            incidents.resolve,
            "Close it by hand",
            result=IncidentShape,
        ),
        Route(
            "POST",
            "/v1/incidents/{id}/release",
            anyone,
            incidents.release,
            "Try it again at once",
            result=IncidentShape,
        ),
        Route("GET", "/v1/alerts", anyone, alerts.show, "Channels", result=AlertReport),
        Route(
            "GET",
            "/v1/alerts/outbox",
            anyone,
            alerts.notices,
            "What waits, and what was told",
            query=NoticesQuery,
            result=NoticeList,
        ),
        Route(
            "POST",
            "/v1/alerts/test",
            anyone,
            alerts.test,
            "Try a channel",
            body=ChannelBody,
            looks=True,
        ),
        Route("POST", "/v1/alerts/retry", anyone, alerts.retry, "Try again", body=ChannelBody),
        Route("POST", "/v1/alerts/url", root, alerts.address, "Its address", body=AddressBody),
        Route(
            "POST",
            "/v1/alerts/silence",
            anyone,
            alerts.silence,
            "Tell nothing for a while",
            body=SilenceBody,
            result=SilenceShape,
        ),
        Route("POST", "/v1/alerts/silence/{id}/lift", anyone, alerts.lift, "End a silence"),
        Route(
            "POST",
            "/v1/doctor",
            anyone,
            doctor.examine,
            "Ask all checks once",
            body=ExamineBody,
            looks=True,
        ),
        Route(
            "POST",
            "/v1/validation",
            anyone,
            validation.validate,
            "GO or NO-GO",
            body=ValidationBody,
            looks=True,
        ),
        Route(
            "POST",
            "/v1/validation/restart",
            anyone,
            validation.restart,
            "Restart the services to see what they keep",
        ),
        Route("GET", "/v1/doctor/checks", anyone, doctor.checks, "All checks"),
        Route("GET", "/v1/doctor/checks/{id}", anyone, doctor.check, "One check, explained"),
        Route("POST", "/v1/doctor/fix", root, doctor.fix, "Do remedies", body=FixBody),
        Route("POST", "/v1/doctor/undo", root, doctor.undo, "Take a run back", body=UndoBody),
        Route("GET", "/v1/bundles", anyone, bundles.list, "Bundles that are kept"),
        Route("POST", "/v1/bundles", anyone, bundles.make, "Make a bundle", body=BundleBody),
        Route(
            "POST",
            "/v1/bundles/plan",
            anyone,
            bundles.plan,
            "What would be in it",
            body=BundleBody,
            looks=True,
        ),
        Route("GET", "/v1/bundles/{name}/content", anyone, bundles.content, "One, as it is"),
        Route("POST", "/v1/bundles/remove", anyone, bundles.remove, "Remove one", body=BundleName),
        Route("GET", "/v1/models", anyone, models.list, "Models, here or kept"),
        Route("GET", "/v1/models/show", anyone, models.show, "One model", query=ModelQuery),
        Route("POST", "/v1/models/pull", anyone, models.pull, "Pull a model", body=ModelBody),
        Route("POST", "/v1/models/remove", root, models.remove, "Remove a model", body=ModelBody),
        Route("GET", "/v1/secrets", anyone, secrets.list, "Secrets, without values"),
        # A POST although it changes nothing: who has seen it is to stand in the audit log.
        Route("POST", "/v1/secrets/show", root, secrets.show, "One value", body=SecretBody),
        Route("POST", "/v1/secrets/rotate", root, secrets.rotate, "Replace one", body=SecretBody),
        Route("GET", "/v1/ops", anyone, ops.show, "The LAN's listener"),
        Route("GET", "/v1/ops/ca", anyone, ops.authority, "Its CA"),
        Route("POST", "/v1/ops/ca/new", root, ops.renew, "A new CA, which nobody trusts yet"),
        Route("GET", "/v1/tokens", anyone, tokens.list, "Tokens for tools of the LAN"),
        Route("POST", "/v1/tokens", root, tokens.create, "Make one", body=TokenBody),
        Route("POST", "/v1/tokens/revoke", root, tokens.revoke, "Revoke one", body=RevokeBody),
    ]
