"""The shapes of docs/json.md: a key that is not written there is refused, as is a missing one."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Base of all shapes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Top(Shape):
    """What stands on top of every answer of `tarsctl --json`."""

    schema_: Literal[1]

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class Answers(Shape):
    """`answers` of a service."""

    level: Literal["live", "ready", "deep"] | None
    latency_ms: float | None
    at: AwareDatetime | None
    message: str | None


class Wish(Shape):
    """`wish` of a service."""

    at: AwareDatetime
    by: Literal["tarsctl", "docker"]
    reason: str


class Service(Shape):
    """One service of `status`."""

    name: str
    role: str
    required: bool
    state: Literal[
        "running", "exited", "created", "restarting", "paused", "dead", "missing", "unknown"
    ]
    health: Literal["healthy", "starting", "unhealthy", "none", "unknown"]
    since: AwareDatetime | None
    restarts: int | None
    wanted: Literal["running", "stopped"]
    memory_bytes: int | None
    memory_limit_bytes: int | None
    ports: list[str]
    image: str
    message: str | None
    answers: Answers | None
    wish: Wish | None


class Engine(Shape):
    """`engine` of `status`."""

    status: Literal["ok", "down", "hung", "unsupported", "unknown"]
    version: str | None
    message: str | None


class Gpu(Shape):
    """One GPU of `status`."""

    name: str
    driver: str | None
    message: str | None


class Nas(Shape):
    """`nas` of `status`."""

    configured: bool
    mounted: bool | None
    source: str | None
    path: str | None
    message: str | None
    documents: int | None
    documents_complete: bool | None
    documents_at: AwareDatetime | None
    fault: str | None


class NasReport(Top):
    """`tarsctl nas status --json`."""

    configured: bool
    mounted: bool | None
    source: str | None
    path: str | None
    message: str | None
    documents: int | None
    documents_complete: bool | None
    documents_at: AwareDatetime | None
    fault: str | None
    enabled: bool
    reachable: bool | None
    read_only: bool | None
    options: list[str]
    unit: str | None


class TrialStep(Shape):
    """One thing that is right."""

    step: str
    said: str


class NasTest(Top):
    """`tarsctl nas test --json`."""

    source: str
    works: bool
    version: str | None
    steps: list[TrialStep]
    reason: str | None
    message: str | None
    fix: str | None


class Disk(Shape):
    """`disk` of `status`."""

    path: str
    free_bytes: int | None
    total_bytes: int | None
    message: str | None


class Last(Shape):
    """The last event of `status`."""

    at: AwareDatetime
    text: str


class ChangeInBrief(Shape):
    """The running change of `status`."""

    id: str
    kind: str
    summary: str
    started: AwareDatetime


class IncidentInBrief(Shape):
    """One unresolved incident of `status`."""

    id: str | None
    fault: str
    subject: str
    status: Literal["open", "held"]
    severity: Literal["fail", "warn"]
    summary: str
    fix: str | None
    opened: AwareDatetime
    next_try: AwareDatetime | None
    acknowledged: AwareDatetime | None


class LastIncident(Shape):
    """The incident of `status` that was resolved last."""

    id: str | None
    at: AwareDatetime
    text: str


class Incidents(Shape):
    """What is not resolved."""

    open: list[IncidentInBrief]
    held: int
    last: LastIncident | None


class Problem(Shape):
    """One problem of `status`."""

    id: str
    subject: str
    message: str
    fix: str | None
    incident: str | None


class Boot(Shape):
    """`boot` of `status`."""

    at: AwareDatetime
    verdict: Literal["GO", "NO-GO"]
    seconds: float
    services: int
    missing: list[str]


class Status(Top):
    """`tarsctl status --json`."""

    machine: str
    version: str
    timestamp: AwareDatetime
    overall: Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]
    message: str
    installed: bool
    generation: int | None
    since: AwareDatetime | None
    services: list[Service]
    engine: Engine
    gpu: list[Gpu]
    nas: Nas
    disk: Disk
    boot: Boot | None
    last: Last | None
    change: ChangeInBrief | None
    incidents: Incidents | None
    problems: list[Problem]
    next: str | None

    def service(self, name: str) -> Service:
        return next(service for service in self.services if service.name == name)


class ErrorBody(Shape):
    """`error` of the error envelope."""

    kind: str
    message: str
    fix: str | None
    details: dict[str, object]


class Error(Top):
    """What a failed command prints with `--json`."""

    error: ErrorBody


class Finding(Shape):
    """A warning or failure of an install."""

    id: str
    subject: str
    status: Literal["pass", "warn", "fail", "skip", "unknown"]
    summary: str
    fix: str | None


class Verdict(Shape):
    """`result` of an install."""

    verdict: Literal["GO", "NO-GO"]
    generation: int
    before: int | None = None
    passed: int
    unchanged: int | None
    warnings: list[Finding]
    failures: list[Finding]
    open: list[str]
    next: list[str]


class SettingChange(Shape):
    """A setting that an install would change."""

    key: str
    from_: object = Field(alias="from")
    to: object


class ImagePlan(Shape):
    """Where an image would come from."""

    reference: str
    from_: Literal["here", "archive", "registry", "nowhere"] = Field(alias="from")


class ServicePlan(Shape):
    """What would be done to a service."""

    name: str
    what: Literal["create", "recreate", "start", "keep", "remove", "unknown"]
    why: str | None


class Question(Shape):
    """An answer that nobody has given."""

    answer: Literal["with_frontend", "cpu_only", "skip_nas"]
    about: str


class Plan(Top):
    """`tarsctl install --dry-run --json`."""

    verdict: Literal["GO", "NO-GO"]
    passed: int
    warnings: list[Finding]
    failures: list[Finding]
    settings: list[SettingChange]
    images: list[ImagePlan] | None
    secrets: list[str]
    services: list[ServicePlan] | None
    models: list[str]
    questions: list[Question]


class Task(Shape):
    """One task of a change."""

    number: int
    kind: str
    summary: str
    status: Literal["waiting", "doing", "done", "undoing", "undone", "failed"]
    done: int | None
    total: int | None
    unit: Literal["bytes", "steps"] | None
    detail: str | None
    error: ErrorBody | None
    started: AwareDatetime | None
    ended: AwareDatetime | None


class ListedChange(Shape):
    """One change of `changes`."""

    id: str
    kind: str
    summary: str
    status: Literal["doing", "undoing", "done", "undone", "needs-owner"]
    revision: int
    started: AwareDatetime
    ended: AwareDatetime | None
    error: ErrorBody | None
    result: dict[str, object] | None
    tasks: list[Task]


class Changes(Top):
    """`tarsctl changes --json`."""

    changes: list[ListedChange]


class Change(ListedChange, Top):
    """What a command that makes a change prints with `--json`."""


class Version(Top):
    """`tarsctl version --json`."""

    client: str
    daemon: str | None
    pid: int | None
    uptime_seconds: float | None


class Setting(Shape):
    """One setting of `config show`."""

    value: object
    source: str


class Settings(Top):
    """`tarsctl config show --json`."""

    settings: dict[str, Setting]


class SettingError(Shape):
    """One error of `config check`."""

    file: str
    line: int | None
    key: str | None
    message: str


class Checked(Top):
    """`tarsctl config check --json`."""

    valid: bool
    files: list[str]
    errors: list[SettingError]
    warnings: list[Finding]
    unchecked: str | None
