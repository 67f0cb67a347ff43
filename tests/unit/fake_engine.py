"""A double of the Docker Engine's API on a real socket: a few containers, images and volumes, and its bad days."""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.unit.fake_container import STARTED, FakeContainer, engine_time
from tests.unit.fake_events import FakeEvents, raw_event
from tests.unit.fake_inside import FakeInside

LABEL = "com.docker.compose.project"
VOLUME = "com.docker.compose.volume"


@dataclass
class Answer:
    """What the Engine says instead of the truth."""

    status: int
    body: bytes


class FakeEngine:
    """`info` and `version` may be changed; `calls` is what was asked, in order.

    `nameless` are rows of images without a tag, of which those `in_use` cannot be removed.

    `pulls_break`: with what the next pulls do; `delay`: seconds that a list of containers takes.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.version: dict[str, Any] = {
            "Version": "26.1.5",
            "ApiVersion": "1.45",
            "MinAPIVersion": "1.24",
            "Components": [{"Name": "Engine", "Version": "26.1.5"}],
        }
        self.info: dict[str, Any] = {
            "DockerRootDir": "/",
            "SecurityOptions": ["name=seccomp,profile=builtin"],
            "Runtimes": {"runc": {}},
        }
        self.calls: list[str] = []
        self.containers: dict[str, FakeContainer] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.nameless: list[dict[str, Any]] = []
        self.in_use: set[str] = set()
        self.registry: dict[str, dict[str, Any]] = {}
        self.pulls_break: list[str] = []
        self.delay = 0.0
        self.volumes: dict[str, str] = {}
        self.networks: dict[str, str] = {}
        self.loads: list[bytes] = []
        self.load_lines: list[str] = []
        self.inside = FakeInside(self._find)
        self.events = FakeEvents()
        self._answers: dict[str, Answer] = {}
        self._hung: set[str] = set()
        self._runner: web.AppRunner | None = None

    def add(self, container: FakeContainer) -> FakeContainer:
        if container.dies and container.state == "running":
            container.state = "exited"
        container.start_time = asyncio.get_running_loop().time()
        self.containers[container.service + container.copy] = container
        return container

    def emit(
        self, action: str, service: str, *, at: int | None = None, **attributes: str
    ) -> dict[str, Any]:
        """Send an event of a container, as `emit("die", "redis", exitCode="137")`; what it tells of is the test's to do."""
        container = self.containers.get(service) or FakeContainer(service)
        labels = inspection(container)["Config"]["Labels"]
        event = raw_event("container", action, "", labels | attributes, id_=container.id, at=at)
        self.events.say(event)
        return event

    def emit_destroy(self, kind: str, name: str, *, at: int | None = None) -> None:
        """Send that a network or volume is gone: the Engine names a network, and a volume's id is its name."""
        attributes = {"name": name} if kind == "network" else {"driver": "local"}
        id_ = name if kind == "volume" else None
        self.events.say(raw_event(kind, "destroy", name, attributes, id_=id_, at=at))

    def say(self, path: str, status: int, body: object) -> None:
        """From now on answer calls whose path ends so with this instead."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._answers[path] = Answer(status, raw)

    def hang(self, path: str = "") -> None:
        """From now on never answer calls whose path ends so; by default none at all."""
        self._hung.add(path)

    def recover(self) -> None:
        """Answer the truth again."""
        self._hung.clear()
        self._answers.clear()

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()

    async def stop(self) -> None:
        """The Engine goes down; what is in it stays."""
        if self._runner is not None:
            self.events.end()
            await self._runner.cleanup()
            self._runner = None
        self.socket.unlink(missing_ok=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = re.sub(r"^/v\d+\.\d+", "", request.path)
        self.calls.append(f"{request.method} {path}")
        if path == "/containers/json":
            await asyncio.sleep(self.delay)
        if any(path.endswith(ending) for ending in self._hung):
            await asyncio.Event().wait()
        for ending, answer in self._answers.items():
            if path.endswith(ending):
                return web.Response(
                    status=answer.status, body=answer.body, content_type="application/json"
                )
        for method, pattern, handler in self._table():
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                return await handler(request, *match.groups())
        return _refuse(404, "page not found")

    def _table(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/version", self._get_version),
            ("GET", "/info", self._get_info),
            ("GET", "/events", self.events.serve),
            ("GET", "/containers/json", self._list),
            ("GET", "/containers/([^/]+)/json", self._inspect),
            ("GET", "/containers/([^/]+)/stats", self._stats),
            ("GET", "/containers/([^/]+)/logs", self._logs),
            ("POST", "/containers/([^/]+)/stop", self._stop),
            ("POST", "/containers/([^/]+)/start", self._start),
            ("POST", "/containers/([^/]+)/restart", self._restart),
            ("DELETE", "/containers/([^/]+)", self._remove),
            ("GET", "/images/json", self._list_nameless),
            *self.inside.table(),
            ("GET", "/images/(.+)/json", self._image),
            ("DELETE", "/images/(.+)", self._remove_image),
            ("POST", "/build/prune", self._prune_builds),
            ("POST", "/images/create", self._pull),
            ("POST", "/images/load", self._load),
            ("GET", "/networks", self._list_networks),
            ("DELETE", "/networks/([^/]+)", self._remove_network),
            ("POST", "/networks/([^/]+)/(connect|disconnect)", self._attach),
            ("GET", "/volumes", self._list_volumes),
            ("DELETE", "/volumes/([^/]+)", self._remove_volume),
        ]

    async def _get_version(self, _: web.Request) -> web.Response:
        return web.json_response(self.version)

    async def _get_info(self, _: web.Request) -> web.Response:
        return web.json_response(self.info)

    async def _list(self, request: web.Request) -> web.Response:
        filters = json.loads(request.query.get("filters", "{}"))
        if "volume" in filters:
            used = [it for it in self.containers.values() if filters["volume"][0] in it.volumes]
            return web.json_response([{"Id": it.id, "Names": [f"/{it.service}"]} for it in used])
        project = _project(request)
        found = [it for it in self.containers.values() if project in (None, it.project)]
        shown = [it for it in found if it.state == "running" or "all" in request.query]
        return web.json_response([row(it) for it in shown])

    def _find(self, container_id: str) -> FakeContainer:
        for container in self.containers.values():
            if container.id == container_id:
                return container
        raise web.HTTPNotFound(text=json.dumps({"message": f"No such container: {container_id}"}))

    async def _inspect(self, _: web.Request, container_id: str) -> web.Response:
        return web.json_response(inspection(self._find(container_id)))

    async def _stats(self, _: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        memory = container.memory if container.state == "running" else {}
        return web.json_response({"memory_stats": memory})

    async def _stop(self, request: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        container.state, container.exit_code = "exited", 0
        container.finished = STARTED + timedelta(minutes=1)
        self.calls[-1] += f" t={request.query['t']}"
        return web.Response(status=204)

    async def _start(self, _: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        container.state = "running"
        self.add(container)
        return web.Response(status=204)

    async def _restart(self, request: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        container.state, container.started = "running", STARTED + timedelta(minutes=2)
        self.add(container)
        self.calls[-1] += f" t={request.query['t']}"
        return web.Response(status=204)

    async def _remove(self, _: web.Request, container_id: str) -> web.Response:
        container = self._find(container_id)
        if container.state == "running":
            return _refuse(409, "You cannot remove a running container")
        del self.containers[container.service + container.copy]
        return web.Response(status=204)

    async def _logs(self, request: web.Request, container_id: str) -> web.StreamResponse:
        container = self._find(container_id)
        tail = int(request.query["tail"])
        response = web.StreamResponse()
        await response.prepare(request)
        for stream, line in container.log[max(len(container.log) - tail, 0) :]:
            await response.write(bytes([stream, 0, 0, 0]) + len(line).to_bytes(4, "big") + line)
        if request.query["follow"] == "true":
            await asyncio.Event().wait()
        await response.write_eof()
        return response

    async def _image(self, _: web.Request, reference: str) -> web.Response:
        if reference not in self.images:
            return _refuse(404, f"No such image: {reference}")
        return web.json_response(self.images[reference])

    async def _list_nameless(self, request: web.Request) -> web.Response:
        assert json.loads(request.query["filters"]) == {"dangling": ["true"]}
        return web.json_response(self.nameless)

    async def _remove_image(self, request: web.Request, image: str) -> web.Response:
        self.calls[-1] += f" force={request.query['force']} noprune={request.query['noprune']}"
        if image in self.in_use:
            return _refuse(409, f"conflict: unable to delete {image}: image is being used")
        self.nameless = [it for it in self.nameless if it["Id"] != image]
        return web.json_response([{"Deleted": image}])

    async def _prune_builds(self, request: web.Request) -> web.Response:
        self.calls[-1] += f" {request.query['filters']}"
        return web.json_response({"CachesDeleted": None, "SpaceReclaimed": 0})

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        reference = request.query["fromImage"]
        if "tag" in request.query:
            reference += f":{request.query['tag']}"
        if self.pulls_break:
            lines: list[dict[str, Any]] = [
                {"status": "Retrying in 1 second", "id": "l"},
                {"error": self.pulls_break.pop(0)},
            ]
            return web.Response(text="".join(json.dumps(line) + "\r\n" for line in lines))
        if reference not in self.registry:
            return _refuse(404, f"manifest for {reference} not found: manifest unknown")
        lines = [
            {"status": f"Pulling from {reference}"},
            {"id": "layer1", "status": "Downloading", "progressDetail": {"current": 1, "total": 4}},
            {"id": "layer1", "status": "Download complete", "progressDetail": {}},
            {"id": "layer1", "status": "Pull complete", "progressDetail": {}},
        ]
        self.images[reference] = self.registry[reference]
        return web.Response(text="".join(json.dumps(line) + "\r\n" for line in lines))

    async def _load(self, request: web.Request) -> web.Response:
        self.loads.append(await request.read())
        return web.Response(text="".join(line + "\r\n" for line in self.load_lines))

    async def _list_networks(self, request: web.Request) -> web.Response:
        project = _project(request)
        found = [name for name, owner in self.networks.items() if project in (None, owner)]
        return web.json_response([{"Id": name, "Name": name} for name in found])

    async def _remove_network(self, _: web.Request, name: str) -> web.Response:
        self.networks.pop(name)
        return web.Response(status=204)

    async def _attach(self, request: web.Request, name: str, verb: str) -> web.Response:
        asked = await request.json()
        networks = self._find(asked["Container"]).networks
        networks.pop(name, None)
        if verb == "connect":
            networks[name] = {**asked["EndpointConfig"], "NetworkID": ""}
        return web.Response(status=200)

    async def _list_volumes(self, request: web.Request) -> web.Response:
        project = _project(request)
        shown = {name: it for name, it in self.volumes.items() if project in (None, it)}
        rows = [
            {"Name": name, "Labels": {LABEL: owner, VOLUME: name.removeprefix(f"{owner}_")}}
            for name, owner in shown.items()
        ]
        return web.json_response({"Volumes": rows or None})

    async def _remove_volume(self, _: web.Request, name: str) -> web.Response:
        if name not in self.volumes:
            return _refuse(404, f"get {name}: no such volume")
        del self.volumes[name]
        return web.Response(status=204)


def _project(request: web.Request) -> str | None:
    """The project that is asked for; None for all."""
    if "filters" not in request.query:
        return None
    (label,) = json.loads(request.query["filters"])["label"]
    return str(label).removeprefix(f"{LABEL}=")


def row(container: FakeContainer) -> dict[str, Any]:
    """One row of `GET /containers/json`, as far as it matters here."""
    published = [
        {
            "IP": binding.get("HostIp", ""),
            "PrivatePort": int(inside.partition("/")[0]),
            "PublicPort": int(binding["HostPort"]),
            "Type": inside.partition("/")[2] or "tcp",
        }
        for inside, bindings in container.ports.items()
        for binding in bindings
    ]
    return {
        "Id": container.id,
        "Names": [f"/{container.name or f'{container.project}-{container.service}-1'}"],
        "Labels": {LABEL: container.project, **container.labels},
        "Ports": published if container.state == "running" else [],
        "State": container.state,
    }


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)


def inspection(container: FakeContainer) -> dict[str, Any]:
    """The parts of `GET /containers/{id}/json` that matter here."""
    state: dict[str, Any] = {
        "Status": container.state,
        "StartedAt": engine_time(container.started),
        "FinishedAt": engine_time(container.finished),
        "ExitCode": container.exit_code,
        "OOMKilled": container.oom_killed,
        "Error": container.error,
    }
    if container.healthy_after is not None:
        state["Health"] = {"Status": _health(container), "Log": [{"Output": container.says}]}
    return {
        "Id": container.id,
        "Name": f"/{container.project}-{container.service}-1",
        "Image": f"sha256:{container.image.removeprefix('sha256:')}",
        "RestartCount": container.restarts,
        "State": state,
        "Config": {
            "Image": container.image,
            "Labels": {
                "com.docker.compose.project": container.project,
                "com.docker.compose.service": container.service,
                **container.labels,
            },
        },
        "NetworkSettings": {"Networks": container.networks},
        "HostConfig": {
            "Memory": container.limit,
            "NetworkMode": f"{container.project}_inner",
            "PortBindings": container.ports,
            "RestartPolicy": {"Name": container.policy},
        },
        **container.more,
    }


def _health(container: FakeContainer) -> str:
    if container.ails:
        return "unhealthy"
    age = asyncio.get_running_loop().time() - container.start_time
    return "healthy" if age >= (container.healthy_after or 0.0) else "starting"
