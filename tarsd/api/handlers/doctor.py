"""/v1/doctor"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from tarsd.api.route import Body, Call
from tarsd.catalogue.check import Check
from tarsd.changes.locks import STACK
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.engine.choice import Choice
from tarsd.engine.examination import Examination
from tarsd.engine.metered import Costs
from tarsd.observe.checks import explained, listed, no_check
from tarsd.operations import doctor_tasks
from tarsd.operations.mending import Mending, Want, locks
from tarsd.operations.taking_back import TakingBack

Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100)]


class ExamineBody(Body):
    """`only` and `skip`: ids of checks, or shell patterns of such."""

    deep: bool = False
    only: Names = Field(default_factory=list[str])
    skip: Names = Field(default_factory=list[str])


class WantBody(Body):
    """One remedy for one finding."""

    id: str
    subject: str
    remedy: str


class FixBody(Body):
    """Each was agreed to by whoever sends it."""

    acts: Annotated[list[WantBody], Field(min_length=1, max_length=200)]


class UndoBody(Body):
    """`force`: also where a file was changed since."""

    run: str
    force: bool = False


class DoctorHandlers:
    """Examining, mending, taking back. `services` names those there are."""

    def __init__(
        self,
        subjects: Mapping[str, Sequence[Check]],
        examination: Examination,
        mending: Mending,
        back: TakingBack,
        changes: Callable[[], Changes],
        services: Callable[[], frozenset[str]],
        costs: Costs,
    ) -> None:
        self._subjects = subjects
        self._examination = examination
        self._mending = mending
        self._back = back
        self._changes = changes
        self._services = services
        self._costs = costs

    async def examine(self, call: Call) -> dict[str, Any]:
        """Ask everything once. Raises BadRequest for a name that is no check's."""
        body: ExamineBody = call.body
        choice = Choice(body.deep, tuple(body.only), tuple(body.skip))
        return (await self._examination.examine(choice)).as_json()

    async def checks(self, call: Call) -> dict[str, Any]:
        """All there are."""
        return {"checks": list(listed(self._subjects, self._costs))}

    async def check(self, call: Call) -> dict[str, Any]:
        """One. Raises NotFound."""
        name: str = call.path["id"]
        found = explained(self._subjects, self._costs, name)
        if found is None:
            raise no_check(name)
        return found

    async def fix(self, call: Call) -> Change:
        """Begin to do what was chosen. Raises BadRequest for what is no remedy, ChangeConflict."""
        body: FixBody = call.body
        wants = [Want(it.id, it.subject, it.remedy) for it in body.acts]
        chosen = [(want, self._mending.check(want)) for want in dict.fromkeys(wants)]
        wanted = locks(chosen, self._services(), STACK)
        run = await self._back.new()
        count = len(chosen)
        summary = f"mend {count} finding{'' if count == 1 else 's'}"
        named = [(want, f"{want.check}: {want.remedy}") for want, _ in chosen]
        try:
            return await self._changes().begin(
                doctor_tasks.FIX, summary, wanted, doctor_tasks.fix_plan(run.id, named)
            )
        except BaseException:
            await self._back.drop_empty(run)
            raise

    async def undo(self, call: Call) -> Change:
        """Begin to take a run back. Raises NotFound, ChangeConflict."""
        body: UndoBody = call.body
        run = await self._back.get(body.run)
        plan = doctor_tasks.undo_plan(run.id, force=body.force)
        summary = f"take back run {run.id} of the doctor"
        return await self._changes().begin(doctor_tasks.UNDO, summary, {"doctor"}, plan)
