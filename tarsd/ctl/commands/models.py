"""tarsctl models: what the model server has, what it has in memory, getting more and letting go."""

from __future__ import annotations

import argparse
import re

from tarsd.ctl import flags, human
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_root, need_somebody, need_yes
from tarsd.ctl.outcome import follow_started
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import LoadedModel, Model


def list_models(_args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    answer = daemon.get("/v1/models")
    if console.json:
        console.show_json(answer)
        return 0
    models: list[Model] = answer.get("models") or []
    if not models:
        console.say("no models yet; get one with: tarsctl models pull llama3.1:8b")
        return 0
    rows = [plain("NAME", "SIZE", "KEPT", "LOADED", "UNTIL"), *map(_row, models)]
    console.show(*align(rows, console.paint))
    missing = [model.get("name") or "?" for model in models if not model.get("present")]
    if missing:
        console.say("", f"Next: tarsctl models pull {missing[0]}")
    return 0


def show(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    model: Model = daemon.get(f"/v1/models/show?name={args.name}")
    if console.json:
        console.show_json(model)
        return 0
    loaded = model.get("loaded")
    context = model.get("context_length")
    facts = {
        "Name": model.get("name"),
        "Size": human.size(model.get("size_bytes")),
        "Family": model.get("family"),
        "Parameters": model.get("parameters"),
        "Quantization": model.get("quantization"),
        "Context": f"{context:,} tokens" if context else None,
        "Capabilities": ", ".join(model.get("capabilities") or []),
        "License": model.get("license"),
        "Loaded": f"{where(loaded)} until {human.clock(loaded.get('expires'), None)}"
        if loaded
        else "no",
        "Kept": "yes" if model.get("kept") else "no",
    }
    rows = [
        plain(label, human.one_line(value or "") or human.UNKNOWN) for label, value in facts.items()
    ]
    console.show(*align(rows, console.paint))
    return 0


def pull(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    change = daemon.start("/v1/models/pull", {"name": args.name})
    return follow_started(args, console, daemon, change)


def remove(args: argparse.Namespace, console: Console, daemon: Daemon) -> int:
    need_root("remove a model")
    if not args.yes:
        model: Model = daemon.get(f"/v1/models/show?name={args.name}")
        need_somebody(args, console, "remove a model")
        console.ask_first(*_plan(model))
        need_yes(console, "remove a model", default=False)
    change = daemon.start("/v1/models/remove", {"name": args.name})
    return follow_started(args, console, daemon, change)


def where(loaded: LoadedModel | None) -> str:
    """Which part of a loaded model is in a GPU's memory: GPU, CPU, 63 % GPU."""
    if loaded is None:
        return human.UNKNOWN
    size, gpu = loaded.get("size_bytes") or 0, loaded.get("gpu_bytes") or 0
    if not gpu:
        return "CPU"
    return "GPU" if gpu >= size else f"{100 * gpu // size} % GPU, rest CPU"


def _row(model: Model) -> list[tuple[str, str]]:
    loaded = model.get("loaded")
    place = (where(loaded), "") if model.get("present") else ("missing", "bad")
    return [
        (human.one_line(model.get("name") or human.UNKNOWN), ""),
        (human.size(model.get("size_bytes")), ""),
        ("yes" if model.get("kept") else "no", ""),
        place,
        (human.clock(loaded.get("expires") if loaded else None, None), ""),
    ]


def _plan(model: Model) -> list[str]:
    lines = [f"This removes {model.get('name')} ({human.size(model.get('size_bytes'))})"]
    if loaded := model.get("loaded"):
        lines.append(f"  · it is in memory now ({where(loaded)}): whoever uses it is cut off")
    if model.get("kept"):
        lines.append("  · [models] keep names it: the next tarsctl install pulls it again")
    return [*lines, "  · to have it again is a download; one that you made yourself is gone"]


def configure_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", type=_name, help="a model, such as llama3.1:8b")


def configure_pull(parser: argparse.ArgumentParser) -> None:
    configure_name(parser)
    flags.add_waiting(parser)


def configure_remove(parser: argparse.ArgumentParser) -> None:
    configure_name(parser)
    flags.add_yes(parser)
    flags.add_waiting(parser)


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9._-]+)?", text):
        raise argparse.ArgumentTypeError(f'must be a model\'s name, not "{text}"')
    return text


COMMANDS = (
    Command(
        "models list",
        "list the models, where they are loaded, and which are kept",
        list_models,
        description="LOADED says which part of a model is in a GPU's memory; Ollama unloads a model"
        "\nthat nobody asks. KEPT are those of [models] keep in the settings.",
        examples=(
            ("tarsctl models list", ""),
            ("tarsctl models list --json | jq -r '.models[].name'", "for a program"),
        ),
    ),
    Command(
        "models show",
        "show what a model is: size, context, quantization, license",
        show,
        configure=configure_name,
        examples=(
            ("tarsctl models show llama3.1:8b", ""),
            ("tarsctl models show llama3.1:8b --json | jq .context_length", "for a program"),
        ),
    ),
    Command(
        "models pull",
        "get a model, or go on with a pull that was cut",
        pull,
        configure=configure_pull,
        description="Stops at once where the disk is too small, and says where the GPU is. What was"
        "\npulled stays, whatever happens: the same command goes on from there.",
        examples=(
            ("tarsctl models pull llama3.1:8b", "Ctrl-C asks whether to stop it"),
            ("tarsctl models pull llama3.1:8b --no-wait", "watch it later: tarsctl changes"),
        ),
    ),
    Command(
        "models rm",
        "remove a model",
        remove,
        configure=configure_remove,
        examples=(
            ("sudo tarsctl models rm llama3.1:8b", "tells what that means, asks"),
            ("sudo tarsctl models rm llama3.1:8b --yes", "asks nothing"),
        ),
    ),
)
