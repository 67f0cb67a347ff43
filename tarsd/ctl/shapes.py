"""The shapes of docs/json.md, for the type checker only: nothing imports this at run time.

Every key may be missing and most values may be null: an older tarsd knows fewer keys, and what
could not be asked is null. `.get` therefore is how they are read.
"""

from __future__ import annotations

from typing import Any, TypedDict


class ErrorBody(TypedDict, total=False):
    kind: str | None
    message: str | None
    fix: str | None
    details: dict[str, Any] | None


class Answers(TypedDict, total=False):
    level: str | None
    latency_ms: float | None
    at: str | None
    message: str | None


class Wish(TypedDict, total=False):
    at: str | None
    by: str | None
    reason: str | None


class Service(TypedDict, total=False):
    name: str | None
    role: str | None
    required: bool | None
    state: str | None
    health: str | None
    since: str | None
    restarts: int | None
    wanted: str | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    ports: list[str] | None
    image: str | None
    message: str | None
    answers: Answers | None
    wish: Wish | None


class Engine(TypedDict, total=False):
    status: str | None
    version: str | None
    message: str | None


class Gpu(TypedDict, total=False):
    name: str | None
    driver: str | None
    message: str | None


class Nas(TypedDict, total=False):
    configured: bool | None
    mounted: bool | None
    source: str | None
    path: str | None
    message: str | None
    documents: int | None
    documents_complete: bool | None
    documents_at: str | None
    fault: str | None


class NasReport(Nas, total=False):
    enabled: bool | None
    reachable: bool | None
    read_only: bool | None
    options: list[str] | None
    unit: str | None


class TrialStep(TypedDict, total=False):
    step: str | None
    said: str | None


class NasTest(TypedDict, total=False):
    source: str | None
    works: bool | None
    version: str | None
    steps: list[TrialStep] | None
    reason: str | None
    message: str | None
    fix: str | None


class NasSetup(TypedDict, total=False):
    """`result` of a change that set a NAS up."""

    path: str | None
    source: str | None
    version: str | None
    documents: int | None
    complete: bool | None
    next: list[str] | None


class Disk(TypedDict, total=False):
    path: str | None
    free_bytes: int | None
    total_bytes: int | None
    message: str | None


class Last(TypedDict, total=False):
    at: str | None
    text: str | None


class IncidentBrief(TypedDict, total=False):
    id: str | None
    fault: str | None
    subject: str | None
    status: str | None
    severity: str | None
    summary: str | None
    opened: str | None
    next_try: str | None
    acknowledged: str | None


class IncidentsStatus(TypedDict, total=False):
    open: list[IncidentBrief] | None
    held: int | None


class Entry(TypedDict, total=False):
    at: str | None
    kind: str | None
    text: str | None
    seconds: float | None
    data: dict[str, Any] | None


class Incident(IncidentBrief, total=False):
    fix: str | None
    resolved: str | None
    seconds: float | None
    attempts: int | None
    reopened: int | None
    by_owner: bool | None
    entries: list[Entry] | None
    evidence: list[str] | None
    evidence_path: str | None


class Repairs(TypedDict, total=False):
    fault: str | None
    count: int | None
    median_seconds: float | None


class Boot(TypedDict, total=False):
    at: str | None
    verdict: str | None
    seconds: float | None
    services: int | None
    missing: list[str] | None


class RunningChange(TypedDict, total=False):
    id: str | None
    kind: str | None
    summary: str | None
    started: str | None


class Problem(TypedDict, total=False):
    id: str | None
    subject: str | None
    message: str | None
    fix: str | None
    incident: str | None


class Status(TypedDict, total=False):
    machine: str | None
    version: str | None
    timestamp: str | None
    overall: str | None
    message: str | None
    installed: bool | None
    generation: int | None
    since: str | None
    services: list[Service] | None
    engine: Engine | None
    gpu: list[Gpu] | None
    nas: Nas | None
    disk: Disk | None
    boot: Boot | None
    last: Last | None
    change: RunningChange | None
    incidents: IncidentsStatus | None
    problems: list[Problem] | None
    next: str | None


class Task(TypedDict, total=False):
    number: int | None
    kind: str | None
    summary: str | None
    status: str | None
    done: int | None
    total: int | None
    unit: str | None
    detail: str | None
    error: ErrorBody | None
    started: str | None
    ended: str | None


class Finding(TypedDict, total=False):
    id: str | None
    subject: str | None
    status: str | None
    summary: str | None
    fix: str | None


class InstallResult(TypedDict, total=False):
    verdict: str | None
    generation: int | None
    passed: int | None
    unchanged: int | None
    warnings: list[Finding] | None
    failures: list[Finding] | None
    open: list[str] | None
    next: list[str] | None


SettingChange = TypedDict("SettingChange", {"key": str, "from": Any, "to": Any}, total=False)
ImagePlan = TypedDict("ImagePlan", {"reference": str, "from": str}, total=False)


class ServicePlan(TypedDict, total=False):
    name: str
    what: str
    why: str | None


class Question(TypedDict, total=False):
    answer: str
    about: str


class InstallPlan(TypedDict, total=False):
    verdict: str | None
    passed: int | None
    warnings: list[Finding] | None
    failures: list[Finding] | None
    settings: list[SettingChange] | None
    images: list[ImagePlan] | None
    secrets: list[str] | None
    services: list[ServicePlan] | None
    models: list[str] | None
    questions: list[Question] | None


class Change(TypedDict, total=False):
    id: str | None
    kind: str | None
    summary: str | None
    status: str | None
    revision: int | None
    started: str | None
    ended: str | None
    error: ErrorBody | None
    result: InstallResult | None
    tasks: list[Task] | None


class LoadedModel(TypedDict, total=False):
    size_bytes: int | None
    gpu_bytes: int | None
    expires: str | None


class Model(TypedDict, total=False):
    name: str | None
    present: bool | None
    kept: bool | None
    size_bytes: int | None
    digest: str | None
    modified: str | None
    loaded: LoadedModel | None
    family: str | None
    parameters: str | None
    quantization: str | None
    context_length: int | None
    capabilities: list[str] | None
    license: str | None


class Secret(TypedDict, total=False):
    name: str | None
    present: bool | None
    made: str | None
    length: int | None
    seals: str | None
    rotates: bool | None
    value: str | None


class Setting(TypedDict, total=False):
    value: Any
    source: str | None


class SettingError(TypedDict, total=False):
    file: str | None
    line: int | None
    key: str | None
    message: str | None


class ConfigCheck(TypedDict, total=False):
    valid: bool | None
    files: list[str] | None
    errors: list[SettingError] | None
    warnings: list[Finding] | None
    unchecked: str | None


class ExaminedFinding(TypedDict, total=False):
    id: str | None
    subject: str | None
    usual: bool | None
    status: str | None
    severity: str | None
    summary: str | None
    evidence: list[str] | None
    commands: list[str] | None
    remedy: dict[str, str] | None


class Section(TypedDict, total=False):
    name: str | None
    checks: list[str] | None


class Examined(TypedDict, total=False):
    summary: dict[str, int] | None
    findings: list[ExaminedFinding] | None
    sections: list[Section] | None
    seconds: float | None


class Act(TypedDict, total=False):
    id: str | None
    subject: str | None
    remedy: str | None
    words: str | None
    end: str | None
    why: str | None
    kept: str | None


class Fixed(TypedDict, total=False):
    run: str | None
    edits: int | None
    acts: list[Act] | None
    undone: list[str] | None


class CheckAbout(TypedDict, total=False):
    seen: str | None
    why: str | None
    we: str | None
    you: str | None
    commands: list[str] | None


class CheckCost(TypedDict, total=False):
    asked: int | None
    seconds: float | None
    cpu_seconds: float | None


class CheckRow(TypedDict, total=False):
    id: str | None
    section: str | None
    what: str | None
    severity: str | None
    deep: bool | None
    every_seconds: float | None
    asked: str | None
    after: list[str] | None
    remedies: list[dict[str, str]] | None
    cost: CheckCost | None
    about: CheckAbout | None
