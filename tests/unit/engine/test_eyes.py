"""An examination that comes right after tarsd's start: it waits for what is known in a moment, and for nothing longer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from tarsd.catalogue.check import World
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.engine import eyes
from tarsd.engine.eyes import LiveEyes
from tarsd.engine.truth import Truth
from tarsd.engine.views import Views
from tests.unit.service_views import PASSES, view


class Looked:
    """A look at the Engine, and what is known of the services at each time that it is asked for."""

    engine = None

    def __init__(self, *known: ServiceView) -> None:
        self.known = list(known)
        self.asked = 0

    async def look(self) -> "Looked":
        return self

    async def build(self, snapshot: object) -> Sequence[ServiceView]:
        self.asked += 1
        return [self.known.pop(0) if len(self.known) > 1 else self.known[0]]


async def seen(looked: Looked, world: World) -> ServiceView:
    live = LiveEyes(cast("Truth", looked), cast("Views", looked), lambda: world)
    (found,) = (await live.look(frozenset())).services
    return found


async def test_it_waits_until_each_was_asked_once(world: World) -> None:
    new = replace(view(), answers=Answers())
    looked = Looked(new, new, view())
    assert (await seen(looked, world)).answers == PASSES
    assert looked.asked == 3


async def test_one_that_is_known_is_not_waited_for(world: World) -> None:
    looked = Looked(view())
    await seen(looked, world)
    assert looked.asked == 1


async def test_one_that_is_never_asked_is_not_waited_for_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eyes, "FIRST_ANSWER", 0.3)
    began = asyncio.get_running_loop().time()
    found = await seen(Looked(replace(view(), answers=Answers())), world)
    assert found.answers == Answers()
    assert 0.3 <= asyncio.get_running_loop().time() - began < 3
