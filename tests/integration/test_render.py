"""The packaged templates through the real Compose: what every setting makes of them, and what an owner may not write."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import StackInvalid
from tarsd.host.compose import Compose
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.host.images import Image
from tarsd.operations.render import Renderer, pin, references
from tarsd.paths import Paths
from tarsd.settings import Nas, Ports, Settings, Stack
from tests.integration.jobs import SubprocessJobs
from tests.tree import ROOT

BASE = {"ollama", "chromadb", "postgres", "redis"}
LABELS = {"role", "required", "heal", "backup", "start.grace", "stop.grace", "stop.hung"}
FRONTEND = Settings(stack=Stack(frontend=True))
BACKEND = Settings(stack=Stack(backend_image="registry.lan/tars-api:2.1"))
ALL = Settings(
    stack=Stack(frontend=True, backend_image="registry.lan/tars-api:2.1"),
    nas=Nas(path="/mnt/nas/documents"),
)

Render = Callable[[Settings], Awaitable[dict[str, Any]]]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The tree's own templates, and an owner's directory without anything in it."""
    made = Paths(tmp_path / "etc", ROOT / "etc" / "stack", tmp_path / "state", tmp_path / "run")
    made.etc.mkdir()
    made.state.mkdir()
    return made


@pytest.fixture
def compose(paths: Paths, plugins: Sequence[Path], engine_socket: str) -> Compose:
    return Compose(SubprocessJobs(), "tars-render", paths.state, engine_socket, plugins)


@pytest.fixture
def render(paths: Paths, compose: Compose, docker: DockerApi, tmp_path: Path) -> Render:
    """Renders as on a machine without a GPU, whatever this one has."""
    gpus = Gpus(docker, root=tmp_path)

    async def rendered(settings: Settings) -> dict[str, Any]:
        return await Renderer(paths, compose, gpus, lambda: settings).render()

    return rendered


async def test_the_plugin_tells_a_version_2(compose: Compose) -> None:
    assert (await compose.version()).startswith("2.")


@pytest.mark.parametrize(
    ("settings", "services"),
    [
        (Settings(), BASE),
        (FRONTEND, BASE | {"webui"}),
        (BACKEND, BASE | {"backend"}),
        (ALL, BASE | {"webui", "backend"}),
    ],
)
async def test_settings_choose_the_services(
    render: Render, settings: Settings, services: set[str]
) -> None:
    assert set((await render(settings))["services"]) == services


async def test_every_service_is_confined_and_can_be_looked_after(render: Render) -> None:
    """What is asked of each service; the owner's own API has a probe instead of a health check."""
    services = (await render(ALL))["services"]
    assert services
    for name, service in services.items():
        labels = {key.removeprefix("tars.") for key in service["labels"] if key.startswith("tars.")}
        assert labels >= LABELS, name
        assert labels & {"probe.url", "probe.port"}, name
        assert service["restart"] == "unless-stopped", name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["driver"] == "local", name
        assert service["pids_limit"] > 0, name
        assert service["stop_grace_period"], name
        assert "mem_limit" in service or name == "ollama", name
        assert "healthcheck" in service or name == "backend", name
        assert "privileged" not in service, name


async def test_only_the_web_page_is_open_to_the_lan(render: Render) -> None:
    settings = ALL.model_copy(update={"ports": Ports(redis=16379)})
    published = {
        (name, port["host_ip"], port["published"])
        for name, service in (await render(settings))["services"].items()
        for port in service["ports"]
    }
    local = {(name, port) for name, address, port in published if address == "127.0.0.1"}
    assert published - {(name, "127.0.0.1", port) for name, port in local} == {
        ("webui", "0.0.0.0", "8080")
    }
    assert ("redis", "16379") in local
    assert {name for name, _ in local} == BASE | {"backend"}


async def test_documents_are_seen_read_only_through_their_parent(render: Render) -> None:
    """And by nobody who does not need them, or where they are switched off."""
    stack = await render(ALL)
    for name in ("webui", "backend"):
        (bind,) = [it for it in stack["services"][name]["volumes"] if it["type"] == "bind"]
        assert (bind["source"], bind["target"], bind["read_only"]) == ("/mnt/nas", "/nas", True)
        assert bind["bind"]["propagation"] == "rslave"
    assert "/mnt/nas" not in str([stack["services"][name] for name in BASE])
    off = ALL.model_copy(update={"nas": Nas(path="/mnt/nas/documents", enabled=False)})
    assert "/mnt/nas" not in str(await render(off))


async def test_a_gpu_is_added_to_what_the_model_server_is(compose: Compose, paths: Paths) -> None:
    files = [paths.share / name for name in ("compose.yaml", "compose.gpu.yaml")]
    ports = {f"TARS_{name}_PORT": "1" for name in ("OLLAMA", "CHROMADB", "POSTGRES", "REDIS")}
    stack = (await compose.resolve(files, [], ports, paths.etc)).stack
    ollama = stack["services"]["ollama"]
    (device,) = ollama["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert ollama["image"].startswith("ollama/ollama:")


async def test_what_runs_is_images_by_id_and_no_secret_by_value(
    render: Render, paths: Paths
) -> None:
    """A generation is read back as it was written, and knows the name a person knows the image by."""
    stack = await render(ALL)
    images = {name: Image(f"sha256:{name}", None) for name in stack["services"]}
    pinned, lock = pin(stack, images, paths.secrets)
    assert references(pinned) == {name: f"sha256:{name}" for name in stack["services"]}
    assert str(paths.secrets / "webui.env") in str(pinned["services"]["webui"]["env_file"])
    assert "x-tars" not in pinned
    # Compose's `down` would leave the container of a service whose profile it is not told.
    assert not [name for name, service in pinned["services"].items() if "profiles" in service]
    generation = Generations(paths.generations).add(pinned, lock)
    assert generation.services["redis"].image == "redis:8.10.1"
    assert generation.services["postgres"].stop_grace == 120
    assert generation.start_order() == [sorted(BASE), ["backend", "webui"]]


async def test_an_override_means_what_it_means_to_compose(render: Render, paths: Paths) -> None:
    """Merged, its paths taken from its own directory, with services of the owner's own."""
    paths.override.write_text(
        "services:\n"
        "  redis: {mem_limit: 64m}\n"
        "  notes: {image: 'registry.lan/notes:1', volumes: ['./notes:/notes']}\n"
    )
    services = (await render(Settings()))["services"]
    assert int(services["redis"]["mem_limit"]) == 64 * 1024**2
    assert services["redis"]["image"] == "redis:8.10.1"
    assert services["notes"]["volumes"][0]["source"] == str(paths.etc / "notes")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("services: {redis: {imagee: x}}", "imagee"),
        ("services: {redis: [", "yaml"),
        ("services: {redis: {volumes: ['nowhere:/data']}}", "nowhere"),
        ("services: {notes: {image: x, depends_on: [ghost]}}", "ghost"),
        ("services: {notes: {image: x, networks: [ghost]}}", "ghost"),
        ("services: {notes: {labels: {a: b}}}", "notes"),
        ("services: {redis: {build: .}}", "service redis is built"),
        ("services: {redis: {deploy: {replicas: 2}}}", "service redis has 2 replicas"),
        ("services: {redis: {scale: 3}}", "service redis has 3 replicas"),
    ],
)
async def test_a_bad_override_is_refused_with_the_reason_and_its_place(
    render: Render, paths: Paths, override: str, reason: str
) -> None:
    paths.override.write_text(override + "\n")
    with pytest.raises(StackInvalid, match=f"cannot render the stack: .*{reason}") as caught:
        await render(Settings())
    assert str(paths.override) in str(caught.value.fix)
