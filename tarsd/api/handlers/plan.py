"""/v1/install/plan"""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from tarsd.api.handlers.stack import AnswersBody
from tarsd.api.route import Call
from tarsd.operations.answers import Answers
from tarsd.operations.foresight import Foresight
from tarsd.settings import Settings


class PlanBody(AnswersBody):
    """The same as for an install, and what an archive that is not loaded yet holds: image id by reference."""

    archive: dict[str, str | None] = Field(default_factory=dict[str, "str | None"])


class PlanHandlers:
    """What an install would do."""

    def __init__(self, foresight: Foresight, in_force: Callable[[], Settings]) -> None:
        self._foresight = foresight
        self._in_force = in_force

    async def plan(self, call: Call) -> dict[str, Any]:
        """Look, and change nothing. Raises ConfigInvalid."""
        body: PlanBody = call.body
        answers = Answers.of(body.model_dump(exclude={"pull", "archive"}))
        return await self._foresight.plan(
            answers, self._in_force(), pull=body.pull, archive=body.archive
        )
