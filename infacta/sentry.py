"""Errors to a service that speaks Sentry's protocol, if SENTRY_DSN names one.

Nothing is collected from requests, forms, sessions or queries: the one integration reads the site's own log, and of what the library makes of an
entry only what is named here goes out. So a library that learns to collect more tells nobody more.
"""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from infacta import under_way
from infacta.away import Quiet
from infacta.faults import Faults
from infacta.log_lines import of_exception, shortened

EVENT_KEYS = ("event_id", "timestamp", "level", "logger", "platform", "sdk", "environment", "release")
FRAME_KEYS = ("filename", "module", "function", "lineno", "context_line", "in_app")


def start(dsn: str, environment: str) -> None:
    """To be called once in each process, at its start."""
    integrations: list[Integration] = [
        LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
        ExcepthookIntegration(),
        DedupeIntegration(),
        AtexitIntegration(callback=lambda pending, timeout: None),
    ]
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=integrations,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        before_send=named_alone,
    )


def named_alone(event: Event, hint: Hint) -> Event | None:
    """The event with nothing in it but what is named here, and no mail address, no link's key and no value of a row in that.

    None while a part is away: of that there is one line a minute, and not an event a request. None of what a visitor was refused.
    """
    if (record := hint.get("log_record")) and not (Quiet().filter(record) and Faults().filter(record)):
        return None
    whole: dict[str, Any] = dict(event)
    sent: dict[str, Any] = {key: whole[key] for key in EVENT_KEYS if key in whole}
    work = under_way.work_of(getattr(record, "request", None))
    sent["tags"] = {key: value for key, value in (("request_id", work.id), ("view", work.view), ("task", work.task)) if value}
    if record is not None:
        sent["logentry"] = {"formatted": shortened(record)}
    if raised := whole.get("exception"):
        sent["exception"] = {"values": [exception(one) for one in raised.get("values", [])]}
    return sent  # type: ignore[return-value]


def exception(one: dict[str, Any]) -> dict[str, Any]:
    frames = [{key: frame[key] for key in FRAME_KEYS if key in frame} for frame in (one.get("stacktrace") or {}).get("frames", [])]
    value = of_exception(str(one.get("value") or ""))
    return {"type": one.get("type"), "module": one.get("module"), "value": value, "stacktrace": {"frames": frames}}
