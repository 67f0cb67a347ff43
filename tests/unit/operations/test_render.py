"""What Compose is asked to merge, and what becomes of its answer."""

from pathlib import Path

import pytest

from tarsd.host.images import Image
from tarsd.operations.render import pin, references
from tests.unit.home import STACK_FILE, Home

DIGEST = "sha256:" + "d1" * 32
IMAGES = {
    "postgres": Image("sha256:01", None),
    "redis": Image("sha256:02", DIGEST),
    "webui": Image("sha256:03", None),
}
SECRETS = Path("/var/lib/tars-home/secrets")


def test_every_image_is_pinned_and_the_lock_says_what_it_was() -> None:
    stack, lock = pin(STACK_FILE, IMAGES, SECRETS)
    assert references(stack) == {
        "postgres": "sha256:01",
        "redis": f"redis:8@{DIGEST}",
        "webui": "sha256:03",
    }
    assert lock["images"]["redis"] == {"reference": "redis:8", "digest": DIGEST, "id": "sha256:02"}


def test_nothing_else_of_a_service_is_changed() -> None:
    stack, _ = pin(STACK_FILE, IMAGES, SECRETS)
    for name, service in STACK_FILE["services"].items():
        kept = {key: value for key, value in service.items() if key not in ("image", "profiles")}
        assert {key: stack["services"][name][key] for key in kept} == kept


def test_what_was_chosen_by_a_profile_runs_without_one() -> None:
    """`down` knows no profiles and would pass it by."""
    stack, _ = pin(STACK_FILE, IMAGES, SECRETS)
    assert "profiles" not in stack["services"]["webui"]


def test_every_service_comes_back_after_a_reboot_unless_its_owner_says_otherwise() -> None:
    services = {"one": {"image": "a"}, "two": {"image": "a", "restart": "no"}}
    images = dict.fromkeys(services, Image("sha256:01", None))
    stack, _ = pin({"services": services}, images, SECRETS)
    assert stack["services"]["one"]["restart"] == "unless-stopped"
    assert stack["services"]["two"]["restart"] == "no"


def test_secrets_go_in_as_the_name_of_their_file() -> None:
    stack, _ = pin(STACK_FILE, IMAGES, SECRETS)
    assert stack["services"]["webui"]["env_file"] == [str(SECRETS / "webui.env")]
    assert "env_file" not in stack["services"]["redis"]


def test_an_env_file_of_the_owners_stays_beside_ours() -> None:
    """An override may give webui settings of its own in a file."""
    own = {"path": "/etc/tars-home/webui.env", "required": True}
    services = {**STACK_FILE["services"], "webui": {"image": "webui:1", "env_file": [own]}}
    stack, _ = pin({**STACK_FILE, "services": services}, IMAGES, SECRETS)
    assert own in stack["services"]["webui"]["env_file"]
    assert str(SECRETS / "webui.env") in stack["services"]["webui"]["env_file"]


def test_what_is_for_tarsd_alone_does_not_reach_compose_again() -> None:
    stack, _ = pin(STACK_FILE, IMAGES, SECRETS)
    assert stack.keys() == {"name", "services"}


def rendered_with(home: Home) -> tuple[list[str], list[str]]:
    """Names of the files and of the profiles of the first `config`."""
    argv = next(job.argv for job in home.compose.jobs if "config" in job.argv)
    files = [Path(argv[at + 1]).name for at, word in enumerate(argv) if word == "--file"]
    return files, [argv[at + 1] for at, word in enumerate(argv) if word == "--profile"]


@pytest.mark.parametrize(
    ("settings", "files", "profiles"),
    [
        ("", ["compose.yaml"], []),
        ("[stack]\nfrontend = true\n", ["compose.yaml"], ["frontend"]),
        ("[stack]\nbackend_image = 'api:1'\n", ["compose.yaml"], ["backend"]),
        ("[nas]\npath = '/mnt/nas/documents'\n", ["compose.yaml", "compose.nas.yaml"], []),
        ("[nas]\npath = '/mnt/nas/documents'\nenabled = false\n", ["compose.yaml"], []),
    ],
)
async def test_settings_choose_files_and_profiles(
    home: Home, settings: str, files: list[str], profiles: list[str]
) -> None:
    (home.paths.conf_d / "90-mine.toml").write_text(settings)
    await home.install()
    assert rendered_with(home) == (files, profiles)


async def test_the_owners_override_comes_last(home: Home) -> None:
    home.paths.override.write_text("services: {}\n")
    (home.paths.conf_d / "90-mine.toml").write_text("[nas]\npath = '/mnt/nas/documents'\n")
    await home.install()
    assert rendered_with(home)[0] == ["compose.yaml", "compose.nas.yaml", "compose.override.yaml"]


@pytest.mark.parametrize("wish", [{"deploy": {"replicas": 2}}, {"scale": 3}])
async def test_more_than_one_container_per_service_is_refused(
    home: Home, wish: dict[str, object]
) -> None:
    home.compose.stack["services"]["redis"] |= wish
    change = await home.install()
    assert change.error is not None
    assert "service redis has" in change.error["message"]
    assert "replicas" in change.error["message"]
    assert str(home.paths.override) in change.error["fix"]


async def test_what_the_templates_ask_for_is_in_the_environment(home: Home) -> None:
    (home.paths.conf_d / "90-mine.toml").write_text(
        "[ports]\nwebui = 9000\n[nas]\npath = '/mnt/nas/documents'\n[stack]\nbackend_image = 'api:1'\n"
    )
    await home.install()
    environment = next(job.environment for job in home.compose.jobs if "config" in job.argv)
    assert environment["TARS_WEBUI_PORT"] == "9000"
    assert environment["TARS_WEBUI_ADDRESS"] == "0.0.0.0"
    assert environment["TARS_NAS_PARENT"] == "/mnt/nas"
    assert environment["TARS_BACKEND_IMAGE"] == "api:1"
    assert environment["TARS_SECRETS"] == str(home.paths.secrets)


async def test_compose_talks_to_our_engine_and_reads_nothing_of_roots_home(home: Home) -> None:
    await home.install()
    ours = [job for job in home.compose.jobs if job.name.startswith("compose-")]
    assert ours
    for job in ours:
        assert job.environment["DOCKER_HOST"] == f"unix://{home.engine.socket}"
        assert job.environment["HOME"] == str(home.paths.state)
        assert job.environment["DOCKER_CONFIG"].startswith(str(home.paths.state))
        assert job.environment["COMPOSE_DISABLE_ENV_FILE"] == "1"


@pytest.mark.parametrize("service", [{"build": {"context": "."}}, {"image": "a", "build": "."}])
async def test_a_service_that_is_built_is_refused_with_the_way_out(
    home: Home, service: dict[str, object]
) -> None:
    """An override may add one; what is built here has no digest and no other machine has it."""
    home.compose.stack["services"]["mine"] = service
    change = await home.install()
    assert change.error is not None
    assert change.error["message"] == (
        "cannot install the stack: compose.invalid: service mine is built, not pulled"
    )
    assert str(home.paths.override) in change.error["fix"]
