"""What version 1.0 left: containers refuse an install, volumes alone are told of, nothing is touched."""

import pytest

from tarsd.catalogue.check import Asked, Status
from tarsd.catalogue.legacy import VOLUMES, LegacyDeployment
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.worlds import Surroundings, the_one


@pytest.mark.parametrize("state", ["running", "exited"])
async def test_its_containers_refuse_an_install_running_or_not(
    around: Surroundings, engine: FakeEngine, state: str
) -> None:
    where = {"com.docker.compose.project.working_dir": "/home/owner/tars/deploy"}
    old = FakeContainer(
        "redis", project="deploy", name="tars-home-redis", state=state, labels=where
    )
    engine.add(old)
    engine.volumes |= {f"deploy_{name}": "deploy" for name in VOLUMES}
    finding = await the_one(LegacyDeployment(), around.world())
    assert finding.status is Status.FAIL
    for part in ("tars-home-redis", "deploy_chroma_data", "/home/owner/tars/deploy/tars-home.env"):
        assert part in finding.summary
    assert "nothing of it was touched" in finding.summary
    assert "do not remove its containers" in str(finding.fix)
    assert "docker rm" not in str(finding.fix), "1.0 kept Chroma's vectors in its container"
    assert all(call.startswith("GET ") for call in engine.calls)


async def test_its_volumes_alone_are_told_of(around: Surroundings, engine: FakeEngine) -> None:
    engine.volumes |= {f"deploy_{name}": "deploy" for name in VOLUMES}
    finding = await the_one(LegacyDeployment(), around.world(Asked(install=True)))
    assert finding.status is Status.WARN
    assert "kept as they are and not used" in finding.summary
    assert (await the_one(LegacyDeployment(), around.world())).status is Status.PASS, (
        "known by then"
    )


async def test_our_own_and_others_are_not_taken_for_it(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.add(FakeContainer("redis", name="tars-home-redis"))  # of project tars: ours
    engine.add(FakeContainer("web", project="blog"))
    engine.volumes |= {"tars_redis": "tars", "blog_postgres_data": "blog", "redis_data": ""}
    assert (await the_one(LegacyDeployment(), around.world())).status is Status.PASS


async def test_an_engine_that_does_not_say_refuses_an_install(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.hang("/volumes")
    assert (await the_one(LegacyDeployment(), around.world())).status is Status.UNKNOWN
    assert LegacyDeployment.vital
