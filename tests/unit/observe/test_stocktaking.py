"""What the stores hold: asked now and then, and remembered with its time where they do not answer."""

from collections.abc import Sequence

from tarsd.errors import DatabaseUnavailable, ModelServerUnavailable
from tarsd.host.chroma import Collection
from tarsd.host.ollama import About, Loaded, Model
from tarsd.observe.picture import ModelRow
from tarsd.observe.stocktaking import Stocktaking
from tests.unit.log import Log

CHAT = Model(name="llama3.1:8b", size=5, digest="d1")


class Ollama:
    """`down`: it does not answer."""

    def __init__(self) -> None:
        self.down = self.mute = False
        self.here = [CHAT]
        self.memory: list[Loaded] = []
        self.shown: list[str] = []

    async def models(self) -> list[Model]:
        if self.down:
            raise ModelServerUnavailable("cannot reach the model server")
        return self.here

    async def loaded(self) -> list[Loaded]:
        return self.memory

    async def show(self, name: str) -> About:
        self.shown.append(name)
        if self.mute:
            raise ModelServerUnavailable("cannot reach the model server")
        return About(capabilities=("completion",))


class Chroma:
    """`down`: it does not answer."""

    down = False

    async def collections(self) -> Sequence[Collection]:
        if self.down:
            raise DatabaseUnavailable("cannot ask Chroma")
        return [Collection("docs", 3, 768)]


class Stores:
    """Both, and who asks them; `serving` are the roles that run."""

    def __init__(self) -> None:
        self.ollama, self.chroma = Ollama(), Chroma()
        self.serving = {"llm", "vector"}
        self.taking = Stocktaking(
            self.ollama,  # type: ignore[arg-type]
            self.chroma,  # type: ignore[arg-type]
            lambda role: role in self.serving,
            Log().logger,
        )

    def due(self) -> None:
        self.taking._due = {"llm": 0.0, "vector": 0.0}  # pyright: ignore[reportPrivateUsage]  no test waits ten minutes


async def test_models_and_collections() -> None:
    stores = Stores()
    stores.ollama.memory = [Loaded(name="llama3.1:8b", size=6, size_vram=6)]
    found = await stores.taking.look()
    assert found.models == [ModelRow("llama3.1:8b", 5, 6, 6, ("completion",))]
    assert found.collections == [Collection("docs", 3, 768)]
    assert (found.models_why, found.collections_why) == (None, None)


async def test_nobody_is_asked_before_it_is_time_nor_what_does_not_run() -> None:
    stores = Stores()
    stores.serving = {"vector"}
    assert (await stores.taking.look()).models is None
    stores.serving = {"llm", "vector"}
    await stores.taking.look()
    await stores.taking.look()
    assert stores.ollama.shown == ["llama3.1:8b"]


async def test_what_was_told_last_stays_with_the_reason_why_it_is_old() -> None:
    stores = Stores()
    first = await stores.taking.look()
    stores.ollama.down = stores.chroma.down = True
    stores.due()
    found = await stores.taking.look()
    assert (found.models, found.models_at) == (first.models, first.models_at)
    assert found.models_why == "cannot reach the model server"
    assert found.collections_why == "cannot ask Chroma"
    stores.ollama.down = False
    stores.due()
    assert (await stores.taking.look()).models_why is None


async def test_what_a_model_can_do_is_asked_once_for_each_digest() -> None:
    stores = Stores()
    for _ in range(2):
        stores.due()
        await stores.taking.look()
    stores.ollama.here = [Model(name="llama3.1:8b", size=5, digest="d2")]
    stores.due()
    await stores.taking.look()
    assert len(stores.ollama.shown) == 2


async def test_a_server_that_does_not_tell_that_tells_the_rest() -> None:
    stores = Stores()
    stores.ollama.mute = True
    found = await stores.taking.look()
    assert found.models == [ModelRow("llama3.1:8b", 5, None, None, ())]
