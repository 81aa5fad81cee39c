"""Tells people: `[[airflow.notifications]]` through Airflow's own notifiers.

Slack, e-mail and webhooks are connections that Airflow keeps. A notice that cannot be
sent is logged and stops nothing. What it is about is decided by the tasks.
"""

import logging
import re
from collections.abc import Callable, Mapping
from html import escape
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseNotifier, Connection
from airflow.sdk.log import mask_secret

from capi_jobs.config import Settings
from capi_jobs.config.scheduling import Notification, Occasion

log = logging.getLogger(__name__)

# Slack advises 4,000 characters for a text; the report has the rest.
BODY_CHARACTERS_MAX = 3_500
# Beyond 200, mail programs cut a subject.
SUBJECT_CHARACTERS_MAX = 200
# A notice is no reason to keep a task waiting.
SECONDS_MAX = 10

_PROVIDERS = "airflow.providers"
# What hooks say of an answer that is no success.
_STATUS = re.compile(r"(?:Status Code: |^)([1-5][0-9]{2})\b")


def tell(
    settings: Settings,
    event: Occasion,
    *,
    subject: str,
    body: str,
    link: str = "",
    context: Mapping[str, Any] | None = None,
) -> None:
    """Send the notice to all who want to hear of this event. Never raises.

    Subject and body hold counts, run ids and links: they leave this machine.
    """
    message = _Message(event, subject, body, link)
    for wanted in settings.airflow.notifications:
        if event in wanted.on:
            _told(wanted, message, context or {})


class _Message:
    """One notice, bounded, in the words of each kind."""

    def __init__(self, event: str, subject: str, body: str, link: str) -> None:
        self.event, self.link = event, link
        # One line: a line break would end a mail's header.
        self.subject = _cut(" ".join(subject.split()), SUBJECT_CHARACTERS_MAX)
        self.body = _cut(body, BODY_CHARACTERS_MAX)

    def slack(self) -> str:
        head = f"*{escape(self.subject, quote=False)}*"
        link = f"<{self.link}|Report>" if "://" in self.link else self.link
        return "\n".join(filter(None, (head, escape(self.body, quote=False), link)))

    def html(self) -> str:
        href = escape(self.link)
        link = f'<p><a href="{href}">{href}</a></p>' if self.link else ""
        return f"<pre>{escape(self.body)}</pre>{link}"

    def json(self) -> dict[str, str]:
        return {
            "event": self.event,
            "subject": self.subject,
            "body": self.body,
            "link": self.link,
        }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _told(wanted: Notification, message: _Message, context: Mapping[str, Any]) -> None:
    what = f"{wanted.kind} notice through the connection {wanted.connection!r}"
    try:
        notifier = _NOTIFIERS[wanted.kind](wanted, message)
        _mask(wanted.connection)
        # Not `notifier(context)`: that would read our words as a Jinja template, and
        # log the error's text, which may hold the webhook's address.
        notifier.notify(dict(context))  # type: ignore[arg-type] # no template reads it
    except ImportError:
        why = "its provider is not installed → install capi-jobs[notify]"
    except Exception as error:  # noqa: BLE001 - a notice stops nothing
        why = _why(error)
    else:
        log.info("The %s was sent: %s", what, message.subject)
        return
    log.error("The %s was not sent: %s", what, why)


def _why(error: Exception) -> str:
    """Name the kind of failure, never its text: that may hold an address or token."""
    if type(error).__name__ == "AirflowNotFoundException":
        return "there is no such connection → add it under Admin > Connections"
    status = _STATUS.search(str(error))
    return f"the other side answered {status[1]}" if status else type(error).__name__


def _mask(conn_id: str) -> None:
    """Whoever knows a webhook's path may post: it is a secret, though no password."""
    path = urlsplit(Connection.get(conn_id).host or "").path.strip("/")
    if path:
        mask_secret(path)


def _notifier(module: str, name: str) -> Any:  # noqa: ANN401 - an optional class
    return getattr(import_module(f"{_PROVIDERS}.{module}"), name)


def _slack(wanted: Notification, message: _Message) -> BaseNotifier:
    """An incoming webhook is bound to its channel; any other needs Slack's API."""
    if wanted.channel is None:
        webhook = _notifier("slack.notifications.slack_webhook", "SlackWebhookNotifier")
        made = webhook(
            slack_webhook_conn_id=wanted.connection,
            text=message.slack(),
            unfurl_links=False,
            timeout=SECONDS_MAX,
        )
    else:
        api = _notifier("slack.notifications.slack", "SlackNotifier")
        made = api(
            slack_conn_id=wanted.connection,
            text=message.slack(),
            channel=wanted.channel,
            username="capi-jobs",
            unfurl_links=False,
            timeout=SECONDS_MAX,
        )
    return _of_airflow(made)


def _email(wanted: Notification, message: _Message) -> BaseNotifier:
    smtp = _notifier("smtp.notifications.smtp", "SmtpNotifier")
    return _of_airflow(
        smtp(
            smtp_conn_id=wanted.connection,
            to=list(wanted.to),
            subject=message.subject,
            html_content=message.html(),
        )
    )


def _webhook(wanted: Notification, message: _Message) -> BaseNotifier:
    http = _notifier("http.notifications.http", "HttpNotifier")
    return _of_airflow(
        http(
            http_conn_id=wanted.connection,
            json=message.json(),
            extra_options={"timeout": SECONDS_MAX},
        )
    )


def _of_airflow(made: object) -> BaseNotifier:
    if not isinstance(made, BaseNotifier):
        raise TypeError("not a notifier of Airflow's")
    return made


_NOTIFIERS: Mapping[str, Callable[[Notification, _Message], BaseNotifier]] = {
    "slack": _slack,
    "email": _email,
    "webhook": _webhook,
}
