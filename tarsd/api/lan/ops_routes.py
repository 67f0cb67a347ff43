"""The rows of the LAN's table that show the machine."""

from tarsd.api.lan.access import MetricsReader, Open, Operator, Viewer
from tarsd.api.lan.ops import OpsHandlers, OpsIncidentsQuery
from tarsd.api.lan.route import EVENTS, HTML, JSON, LanRoute
from tarsd.api.lan.site import SiteHandlers


def ops_routes(ops: OpsHandlers, site: SiteHandlers) -> list[LanRoute]:
    """What is JSON has its shape in description.py: the daemon sends bytes that are made already."""
    everybody, viewer = Open(), Viewer()
    return [
        LanRoute("GET", "/", viewer, site.page, "The status page", HTML),
        LanRoute(
            "GET",
            "/static/{name}",
            everybody,
            site.static,
            "A file of the page",
            "text/css",
            refusals=(404,),
        ),
        LanRoute("GET", "/docs", viewer, site.docs, "This API, to read", HTML),
        LanRoute("GET", "/openapi.json", viewer, site.openapi, "This API, for programs", JSON),
        LanRoute("GET", "/ops/summary", viewer, ops.summary, "Everything that is known", JSON),
        LanRoute("GET", "/ops/health-snapshot", viewer, ops.snapshot, "The verdict, small", JSON),
        LanRoute(
            "GET",
            "/ops/incidents",
            viewer,
            ops.incidents,
            "Newest incidents",
            JSON,
            query=OpsIncidentsQuery,
            refusals=(503,),
        ),
        LanRoute(
            "GET",
            "/ops/incidents/{id}",
            viewer,
            ops.incident,
            "One incident, with its timeline",
            JSON,
            refusals=(404, 503),
        ),
        LanRoute(
            "POST",
            "/ops/incidents/{id}/ack",
            Operator(),
            ops.acknowledge,
            "The owner knows of it",
            JSON,
            refusals=(404, 409, 503),
            forms=True,
        ),
        LanRoute(
            "GET",
            "/ops/events",
            viewer,
            ops.events,
            "The verdict, and again whenever something turns",
            EVENTS,
            refusals=(503,),
        ),
        LanRoute(
            "GET", "/metrics", MetricsReader(), ops.metrics, "Metrics for Prometheus", "text/plain"
        ),
    ]
