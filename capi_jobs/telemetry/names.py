"""Everything that is ever told: fields and events of the log, spans, metrics.

The tables of docs/observability.md are made from this. Nothing here names an order, a
person, a key or a token; what is not named here is not exported.
"""

from typing import Literal, NamedTuple

# ── The log ─────────────────────────────────────────────────────────────────────

FIELDS = {
    "timestamp": "when, in UTC (ISO 8601, milliseconds)",
    "level": "`debug`, `info`, `warning`, `error` or `critical`",
    "logger": "which part of capi-jobs, or which library, speaks",
    "message": "what happened; one of the events below where capi-jobs itself speaks",
    "run_id": "the run, as in `report`, the pages and the ledger",
    "kind": "how the run began: `run`, `approve`, `nightly`, `reupload` …",
    "destination": "the destination's name",
    "platform": "its platform",
    "slice": "number of the slice, where a night is cut into several",
    "interval": "the time that is looked at, or the slice's part of it",
    "batch_id": "the batch, as in `ledger list` and `ledger show`",
    "attempt": "which call for these events it is",
    "outcome": "what became of a call, or how a run ended",
    "status": "the HTTP status of the answer",
    "seconds": "how long it took",
    "events": "events in the call, or in the claim",
    "accepted": "events that the platform took",
    "refused": "events that it will never take",
    "deferred": "events that it certainly did not take",
    "lost": "events of which nobody knows",
    "orders": "orders, by class where a destination was reconciled",
    "values": "their value by currency, exact",
    "checked": "rows that the rules were asked about",
    "held": "orders held, by rule",
    "delivered": "events delivered by this run",
    "rejected": "events refused for good in this run",
    "in_doubt": "events in doubt at this destination, whoever sent them",
    "released": "events put off, which are missing again",
    "too_late": "events that became too old before their turn",
    "already_known": "events that the ledger or another worker had",
    "resent": "events in doubt that were sent again",
    "requests": "calls that were made",
    "reason": "why, in words of capi-jobs or of the platform; masked",
    "rules": "the gate's rules that ask",
    "pause": "seconds until the next call, where the platform said so",
    "error": "the kind of an exception; its text only where capi-jobs wrote it",
    "at": "where it was raised: file, line and function, the innermost last",
}

EVENTS = {
    "run began": "a run, an approval or a re-upload begins",
    "run ended": "it ended; once per destination, with its counts",
    "run broke off": "an error or a stop ended it before its time; the books know",
    "assessment began": "Airflow's first step of a destination's day",
    "slice began": "a slice of a night begins to be delivered",
    "slice ended": "it ended, with its counts",
    "destination reconciled": "keys are sorted; orders by class",
    "rows validated": "every missing row was looked at",
    "gate asked": "a data owner is asked before anything is sent",
    "call answered": "a call was answered, or its answer was lost; its outcome",
    "claim dropped": "events of a batch were left out: the ledger, or another"
    " worker, has them",
    "throttled": "the platform put calls off; the destination slows down",
    "destination stopped": "no further call is begun for this destination",
    "exporting began": "OpenTelemetry was set up from the environment",
    "exporting is not possible": "OTEL_* asks for it, but it cannot be set up",
    "failed": "the command ended with this fault",
}

# ── Spans ───────────────────────────────────────────────────────────────────────

# Field → attribute of a span or a metric. What is not listed stays here.
ATTRIBUTES = {
    "run_id": "capi_jobs.run.id",
    "kind": "capi_jobs.run.kind",
    "destination": "capi_jobs.destination",
    "platform": "capi_jobs.platform",
    "slice": "capi_jobs.slice",
    "batch_id": "capi_jobs.batch.id",
    "attempt": "capi_jobs.call.attempt",
    "outcome": "capi_jobs.outcome",
    "status": "http.response.status_code",
    "events": "capi_jobs.events",
    "orders": "capi_jobs.orders",
    "class": "capi_jobs.class",
    "rule": "capi_jobs.rule",
    "error": "error.type",
}

SPANS = {
    "run": "a whole run, an approval or a re-upload, from its start in the ledger",
    "assess": "Airflow's first step of a destination's day",
    "slice": "the delivery of one slice, a task of Airflow's",
    "reconcile": "the keys of one destination are sorted into classes",
    "validate": "every missing row is read, prepared and put to the rules",
    "deliver": "one destination's lane: all its claims and calls",
    "call": "one call, from the written intent to the outcome",
}

# ── Metrics ─────────────────────────────────────────────────────────────────────


class Metric(NamedTuple):
    """One instrument."""

    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    attributes: tuple[str, ...]
    says: str


_DESTINATION = ("destination",)

METRICS = {
    "capi_jobs.orders": Metric(
        "counter",
        "{order}",
        ("destination", "class"),
        "orders that were reconciled, by class; again with each run",
    ),
    "capi_jobs.orders.held": Metric(
        "counter", "{order}", ("destination", "rule"), "orders held, by their rule"
    ),
    "capi_jobs.orders.in_doubt": Metric(
        "gauge", "{order}", _DESTINATION, "orders in doubt when a delivery ended"
    ),
    "capi_jobs.rows.validated": Metric(
        "counter", "{row}", _DESTINATION, "rows that were put to the rules"
    ),
    "capi_jobs.pages.validated": Metric(
        "counter", "{page}", _DESTINATION, "pages of such rows"
    ),
    "capi_jobs.gate.asks": Metric(
        "counter", "{question}", _DESTINATION, "runs that wait for a data owner"
    ),
    "capi_jobs.events": Metric(
        "counter",
        "{event}",
        ("destination", "platform", "outcome"),
        "events by what became of them: accepted, refused, deferred or lost",
    ),
    "capi_jobs.calls": Metric(
        "counter",
        "{call}",
        ("destination", "platform", "outcome"),
        "calls by what became of them",
    ),
    "capi_jobs.call.duration": Metric(
        "histogram",
        "s",
        ("destination", "platform", "outcome"),
        "how long calls took",
    ),
}
