"""All alert rules: one for each fault that the monitor can find, and a few that only somebody outside can see."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Check, Status
from tarsd.catalogue.page import sentence
from tarsd.catalogue.service_check import ServiceCheck
from tarsd.observe.metrics import access, daemon, machine, requests, stack, supervision
from tarsd.observe.monitoring.rule import RUNBOOK, Rule, alert_of

SEVERITY = '{{ if eq $labels.severity "fail" }}critical{{ else }}warning{{ end }}'
"""An incident's own: the same fault is a failure today and a warning tomorrow."""


def told(check: Check) -> bool:
    """Whether the monitor makes incidents of what it finds."""
    return check.every is not None and (check.severity is Status.FAIL or check.warns)


def faults(checks: Sequence[Check]) -> Iterator[Rule]:
    """One for each: the ledger has judged already, so nothing waits here a second time."""
    for check in checks:
        about = check.about
        if not told(check) or about is None:
            continue
        commands = f" Commands: {'; '.join(about.commands)}." if about.commands else ""
        yield Rule(
            alert_of(check.id),
            f'{supervision.INCIDENT.name}{{fault="{check.id}"}} == 1',
            SEVERITY,
            f"{{{{ $labels.subject }}}}: {about.what}",
            _plain(f"{sentence(about.why)} What to do: {sentence(about.you)}{commands}"),
            runbook=f"{RUNBOOK}#{check.id.replace('.', '')}",
            about="service" if isinstance(check, ServiceCheck) else "machine",
        )


def _plain(text: str) -> str:
    """Without Markdown's links, and with nothing that Prometheus would take for a template."""
    return text.replace("{{", "{ {").replace("`", "")


def own() -> Iterator[Rule]:
    """What tarsd cannot tell of itself, or what only time shows."""
    yield from _tarsd()
    yield from _mending()
    yield from _trends()
    yield from _doors()


def _tarsd() -> Iterator[Rule]:
    yield Rule(
        "TarsAbsent",
        'up{job="tars-home"} == 0',
        "critical",
        "{{ $labels.instance }}: tarsd does not answer",
        "Nobody looks after the stack, or the LAN does not reach it. systemctl status tarsd; tarsctl ops status.",
        "5m",
    )
    yield Rule(
        "TarsBlind",
        f"time() - {daemon.LOOKED.name} > 300",
        "critical",
        "tarsd answers, and has not looked at anything for five minutes",
        "What it tells is old. journalctl -u tarsd -e; sudo systemctl restart tarsd.",
        "2m",
    )
    yield Rule(
        "TarsEventsSilent",
        f"{daemon.STREAM_OPEN.name} == 0",
        "warning",
        "The Engine's stream of events is not open",
        "What ends is seen up to half a minute later. systemctl status docker.",
        "5m",
    )
    yield Rule(
        "TarsRecordsUnwritable",
        f"{daemon.RECORDS.name} == 0",
        "critical",
        "tarsd cannot write down what happens",
        "It mends nothing that it cannot record. df -h /var/lib/tars-home; journalctl -k -n 30.",
        "5m",
    )
    yield Rule(
        "TarsLoopLate",
        f"{daemon.LOOP_LAG.name} > 2",
        "warning",
        "tarsd is held up for seconds at a time",
        "The machine is overloaded, or its disk hangs. tarsctl doctor.",
        "15m",
    )


def _mending() -> Iterator[Rule]:
    yield Rule(
        "TarsHeld",
        f"{supervision.HELD.name} > 0",
        "warning",
        "tarsd has given up mending something for now",
        "It tries again every half hour; you may know better. tarsctl incidents.",
        "1h",
    )
    yield Rule(
        "TarsActsFail",
        f'increase({supervision.ACTS.name}{{outcome="failed"}}[1h]) > 2',
        "warning",
        "What tarsd does to mend the stack fails",
        "tarsctl incidents; journalctl -u tarsd -e.",
    )
    yield Rule(
        "TarsChangeNeedsOwner",
        f'increase({supervision.CHANGES.name}{{status="needs-owner"}}[1h]) > 0',
        "critical",
        "A change ({{ $labels.kind }}) could neither be done nor be taken back",
        "The stack is neither as it was nor as it was to be. tarsctl changes; tarsctl tasks.",
    )


def _trends() -> Iterator[Rule]:
    yield Rule(
        "TarsServiceRestarts",
        f"increase({stack.SERVICE_RESTARTS.name}[1h]) > 3",
        "warning",
        "{{ $labels.service }} has ended by itself again and again",
        "The Engine starts it again each time. tarsctl logs {{ $labels.service }}.",
    )
    yield Rule(
        "TarsServiceSlow",
        f"{stack.SERVICE_LATENCY.name} > 2",
        "warning",
        "{{ $labels.service }} answers slowly: {{ $value | humanizeDuration }}",
        "The machine may be short of memory or disk. tarsctl status; tarsctl doctor.",
        "15m",
    )
    yield Rule(
        "TarsServiceMemory",
        f"{stack.SERVICE_MEMORY.name} / {stack.SERVICE_LIMIT.name} > 0.95",
        "warning",
        "{{ $labels.service }} has used {{ $value | humanizePercentage }} of the memory it may use",
        "Beyond its limit the kernel ends it. tarsctl status.",
        "15m",
    )
    yield Rule(
        "TarsDiskFills",
        f"predict_linear({machine.DISK_FREE.name}[6h], 86400) < 0"
        f" and {machine.DISK_FREE.name} / {machine.DISK_SIZE.name} < 0.3",
        "warning",
        "At this rate {{ $labels.path }} is full within a day",
        "docker system df; tarsctl models list.",
        "1h",
    )


def _doors() -> Iterator[Rule]:
    wrong = f'{access.REFUSED.name}{{kind=~"wrong-password|too-many-attempts"}}'
    yield Rule(
        "TarsSignInsFail",
        f"sum by (instance, job) (increase({wrong}[15m])) > 20",
        "warning",
        "Somebody guesses passwords: {{ $value | humanize }} within 15 minutes",
        "Who it is stands in the journal: journalctl -u tarsd -g sign-in.",
    )
    yield Rule(
        "TarsApiErrors",
        f'sum by (instance, job) (increase({requests.REQUESTS.name}{{code=~"5.."}}[15m])) > 5',
        "warning",
        "tarsd answers with errors of its own",
        "journalctl -u tarsd -p err -e.",
    )
    yield Rule(
        "TarsCertificateEnds",
        f"{access.CERTIFICATE.name} - time() < 14 * 86400",
        "warning",
        "The LAN's certificate ends in {{ $value | humanizeDuration }}",
        "tarsd renews its own by itself: it cannot, or this one is yours to renew. tarsctl ops status.",
        "1h",
    )
    yield Rule(
        "TarsMessagesWait",
        f"{access.QUEUED.name} > 0",
        "warning",
        "{{ $value }} messages to the owner are not delivered",
        "A channel is down, or its address is wrong. tarsctl alerts outbox.",
        "1h",
    )


def document(subjects: Mapping[str, Sequence[Check]]) -> Mapping[str, Any]:
    """The rule file."""
    groups = [{"name": "tars-home", "rules": [it.as_yaml() for it in own()]}]
    for subject, checks in subjects.items():
        rules = [it.as_yaml() for it in faults(checks)]
        if rules:
            groups.append({"name": f"tars-home-{subject.lower()}", "rules": rules})
    return {"groups": groups}
