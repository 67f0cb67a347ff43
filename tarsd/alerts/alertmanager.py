"""Incidents as an Alertmanager's API v2 takes them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tarsd.alerts.notice import Kind, Notice
from tarsd.engine.incident import Incident
from tarsd.observe.monitoring.rule import alert_of
from tarsd.times import iso

REFRESH = 60.0
"""Seconds between two words that something is still so."""

FIRING = timedelta(minutes=5)
"""For so long an Alertmanager believes it: a few of them may get lost, and a tarsd that ends is heard of otherwise."""

_SEVERITIES = {"fail": "critical", "warn": "warning", "info": "info"}

Alert = dict[str, object]


def of_notices(notices: Sequence[Notice], host: str, now: datetime) -> list[Alert]:
    """What is to be told, newest word of each incident last."""
    last = {it.base: it for it in notices}
    return [
        _alert(
            host,
            it.fault,
            it.subject,
            it.severity,
            it.text,
            it.fix,
            it.incident,
            _began(it),
            it.seen if it.kind is Kind.RESOLVED else iso(now + FIRING),
        )
        for it in last.values()
    ]


def of_incidents(incidents: Sequence[Incident], host: str, now: datetime) -> list[Alert]:
    """What is still so."""
    return [
        _alert(
            host,
            it.fault,
            it.subject,
            it.severity,
            it.summary,
            it.fix,
            it.id,
            it.opened,
            iso(now + FIRING),
        )
        for it in incidents
    ]


def _began(notice: Notice) -> str:
    return notice.seen if notice.kind is Kind.CHANGE else notice.base.rpartition(" ")[2]


def _alert(
    host: str,
    fault: str,
    subject: str,
    severity: str,
    text: str,
    fix: str | None,
    number: int,
    began: str,
    ends: str,
) -> Alert:
    """Named as the alert rules name it, for the same inhibitions.

    Labels are what it is known by, so nothing stands in them that changes while it lasts.
    """
    return {
        "labels": {
            "alertname": alert_of(fault),
            "instance": host,
            "fault": fault,
            "subject": subject,
            "severity": _SEVERITIES.get(severity, severity),
        },
        "annotations": {
            "summary": text,
            "fix": fix or "",
            "incident": str(number) if number else "",
        },
        "startsAt": began,
        "endsAt": max(ends, began),
    }
