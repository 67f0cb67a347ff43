"""`tarsd doctor`: what tarsctl runs where no daemon answers. The same parts look once, mend if asked to, and go."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import ValidationError

from tarsd.api.handlers.doctor import ExamineBody, FixBody, UndoBody
from tarsd.engine.choice import Choice
from tarsd.errors import AlreadyRunning, BadRequest, ChangeConflict, TarsError
from tarsd.host.sole import sole
from tarsd.operations.doctor_tasks import taken_back
from tarsd.operations.mending import Want
from tarsd.paths import Paths
from tarsd.setting_errors import reason
from tarsd.wiring.doctor import Doctor


class Offline:
    """Answers as the routes of the daemon do, but for changes: there is none, and the result comes at once."""

    def __init__(self, paths: Paths, doctor: Doctor) -> None:
        self._paths = paths
        self._doctor = doctor

    async def answer(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope for `examine`, `fix` or `undo`."""
        acts: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]] = {
            "examine": self._examine,
            "fix": self._fix,
            "undo": self._undo,
        }
        try:
            return {"type": "sync", "result": await acts[what](body)}
        except ValidationError as error:
            refused = BadRequest(f"cannot use the question: {reason(error.errors()[0])}")
            return {"type": "error", "error": refused.as_json()}
        except AlreadyRunning as error:
            conflict = ChangeConflict(error.message, fix=error.fix, details=error.details)
            return {"type": "error", "error": conflict.as_json()}
        except TarsError as error:
            return {"type": "error", "error": error.as_json()}

    async def _examine(self, told: Mapping[str, Any]) -> dict[str, Any]:
        body = ExamineBody.model_validate(told)
        choice = Choice(body.deep, tuple(body.only), tuple(body.skip))
        return (await self._doctor.examination.examine(choice)).as_json()

    async def _fix(self, told: Mapping[str, Any]) -> dict[str, Any]:
        body = FixBody.model_validate(told)
        wants = [Want(it.id, it.subject, it.remedy) for it in body.acts]
        for want in wants:
            self._doctor.mending.check(want)
        with sole(self._paths.acting, "mend"):
            run = await self._doctor.back.new()
            acts: list[dict[str, Any]] = []
            for want in dict.fromkeys(wants):
                say(f"{want.check}: {want.remedy} ...")
                outcome = await self._doctor.mending.mend(want, run, frozenset(), _nothing)
                acts.append(outcome.as_json())
            edits = len(await self._doctor.back.left(run))
            await self._doctor.back.drop_empty(run)
        return {"run": run.id, "edits": edits, "acts": acts}

    async def _undo(self, told: Mapping[str, Any]) -> dict[str, Any]:
        body = UndoBody.model_validate(told)
        with sole(self._paths.acting, "undo"):
            undone = await taken_back(self._doctor.back, body.run, force=body.force)
        return {"run": body.run, "undone": undone}


async def _nothing(since: int) -> int:
    """Offline there is no change to note it in; the run's own record is on disk."""
    return since


def say(line: str) -> None:
    """How far it is, for a person; answers go to standard output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
