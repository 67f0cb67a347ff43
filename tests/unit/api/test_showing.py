"""What a whole daemon shows the LAN: wired, and from what it knows."""

from tarsd.observe.ops_shapes import OpsSummary
from tests.unit.api.caller import Caller
from tests.unit.home import Home


async def test_a_picture_of_a_daemon_that_has_nothing_installed(home: Home) -> None:
    showing = home.app.showing
    picture = await showing.watcher.take()
    assert picture.status is not None
    assert picture.status.message == "nothing is installed yet"
    assert showing.history.size is None


async def test_the_routes_answer_with_what_the_daemon_knows(home: Home, api: Caller) -> None:
    await home.app.showing.watcher.take()
    await api.get("/v1/status")
    await api.get("/v1/incidents/77")
    routes = {it.path: it for it in home.app.operations.server.routes}
    said = await routes["/ops/summary"].handler(None)  # type: ignore[arg-type]  it reads nothing of a call
    found = OpsSummary.model_validate_json(said.body)  # type: ignore[union-attr]
    assert found.overall_status == "stopped"
    metrics = str((await routes["/metrics"].handler(None)).body)  # type: ignore[arg-type, union-attr]
    socket = 'tars_http_requests_total{listener="socket",route="'
    assert f'{socket}/v1/status",code="200"}} 1' in metrics
    assert f'{socket}/v1/incidents/{{id}}",code="404"}} 1' in metrics
    assert "tars_loop_lag_seconds 0" in metrics
    assert 'tars_auth_failures_total{kind="wrong-password"} 0' in metrics


async def test_nothing_is_looked_at_while_nobody_may_look(home: Home) -> None:
    assert home.app.configured.settings.ops.mode == "off"
    assert home.app.showing.watcher.latest.number == 0
