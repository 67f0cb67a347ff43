"""An Alertmanager's configuration: who is told, and which alerts are silent while their cause is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tarsd.catalogue.check import Check
from tarsd.catalogue.service_check import ServiceCheck
from tarsd.observe.monitoring.rule import alert_of
from tarsd.observe.monitoring.rules import told

Depends = Mapping[str, Sequence[str]]
"""What each service of the stack waits for at its start."""


def document(checks: Sequence[Check], depends: Depends) -> Mapping[str, Any]:
    """The whole; its receiver is for the owner to fill in."""
    return {
        "route": {
            "receiver": "owner",
            "group_by": ["instance", "alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "24h",
            "routes": [
                {"matchers": ['severity="critical"'], "receiver": "owner", "repeat_interval": "4h"}
            ],
        },
        "receivers": [{"name": "owner"}],
        "inhibit_rules": list(inhibitions(checks, depends)),
    }


def inhibitions(checks: Sequence[Check], depends: Depends) -> Iterator[Mapping[str, Any]]:
    """From everything to one thing: tarsd, a fault's causes, the services that another stands on."""
    yield _inhibit(
        ['alertname="TarsAbsent"'], ['alertname=~"Tars.+"', 'alertname!="TarsAbsent"'], "instance"
    )
    yield _inhibit(
        ['severity="critical"'], ['severity="warning"'], "instance", "alertname", "subject"
    )
    of_service = {it.id for it in checks if isinstance(it, ServiceCheck)}
    for cause, effects in effects_of(checks).items():
        source = [f'alertname="{alert_of(cause)}"']
        elsewhere = [it for it in effects if not {it, cause} <= of_service]
        same = [it for it in effects if it not in elsewhere]
        if elsewhere:
            yield _inhibit(source, [_any_of(elsewhere)], "instance")
        if same:
            yield _inhibit(source, [_any_of(same)], "instance", "subject")
    service = 'about="service"'
    for name, users in _users(depends).items():
        subjects = "|".join(sorted(users))
        source = [service, 'severity="critical"', f'subject="{name}"']
        yield _inhibit(source, [service, f'subject=~"{subjects}"'], "instance")


def effects_of(checks: Sequence[Check]) -> Mapping[str, Sequence[str]]:
    """What is silent while a fault is there, directly or by way of another; as `Check.after` has it."""
    after = {it.id: it.after for it in checks}
    watched = [it.id for it in checks if told(it)]
    found: dict[str, list[str]] = {}
    for effect in watched:
        for cause in _causes(effect, after, {effect}):
            if cause in watched:
                found.setdefault(cause, []).append(effect)
    return dict(sorted(found.items()))


def _causes(effect: str, after: Mapping[str, Sequence[str]], seen: set[str]) -> set[str]:
    """All of them; `seen` keeps it from going round."""
    found: set[str] = set()
    for cause in after.get(effect, ()):
        if cause not in seen:
            found |= {cause} | _causes(cause, after, seen | {cause})
    return found


def _users(depends: Depends) -> Mapping[str, set[str]]:
    """Who stands on a service, directly or by way of another."""
    users: dict[str, set[str]] = {}
    for user in depends:
        for service in _causes(user, depends, {user}):
            users.setdefault(service, set()).add(user)
    return dict(sorted(users.items()))


def _any_of(faults: Sequence[str]) -> str:
    names = sorted({alert_of(it) for it in faults})
    return f'alertname="{names[0]}"' if len(names) == 1 else f'alertname=~"{"|".join(names)}"'


def _inhibit(source: Sequence[str], target: Sequence[str], *equal: str) -> Mapping[str, Any]:
    return {
        "source_matchers": list(source),
        "target_matchers": list(target),
        "equal": list(equal),
    }
