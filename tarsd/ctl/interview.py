"""The few questions of an install on a terminal; each is a flag as well."""

from __future__ import annotations

from tarsd.ctl.errors import TarsctlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.shapes import InstallPlan

# Answer -> the question, and whether a yes means true.
QUESTIONS = {
    "with_frontend": ("A web UI, on {about}?", True),
    "cpu_only": ("Use the GPU ({about})?", False),
    "skip_nas": ("Let the stack read the documents at {about}?", False),
}
TRIES = 3


def interview(plan: InstallPlan, console: Console) -> dict[str, bool]:
    """The answers to what tarsd finds worth asking; Enter means yes. Raises TarsctlError at the end of input."""
    answers: dict[str, bool] = {}
    for it in plan.get("questions") or []:
        name = it.get("answer") or ""
        if (
            name in QUESTIONS
        ):  # one that a newer tarsd asks has a default, and a flag of a newer tarsctl
            question, yes_means = QUESTIONS[name]
            wanted = _yes(console, question.format(about=it.get("about") or "this machine"))
            answers[name] = wanted is yes_means
    return answers


def _yes(console: Console, question: str) -> bool:
    for _ in range(TRIES):
        answer = console.ask(f"{question} [Y/n] ")
        if answer is None:
            raise TarsctlError("cannot install: the input ended at a question; nothing was changed")
        if answer.lower() in ("", "y", "yes", "n", "no"):
            return answer.lower() in ("", "y", "yes")
        console.ask_first('please answer "y" or "n"')
    raise TarsctlError(f'cannot install: no answer to "{question}"; nothing was changed')
