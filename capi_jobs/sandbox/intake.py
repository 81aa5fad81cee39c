"""Takes a request through fault, token, check and count to its answer.

HTTP stands in app.py, each platform's rules in its own file, the sums in counting.py.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from .clock import SandboxClock
from .counting import Arrival, Book
from .faults import Rule, Script
from .meta import Meta
from .settings import SandboxSettings
from .snapchat import Snapchat
from .tallies import Origin, Tally
from .tiktok import TikTok
from .wire import Answer, Incoming, Kind, Platform, Refused, Submission

NONSENSE = Answer(b"<<< this is not JSON", media_type="application/json")
HTML = Answer(
    b"<html><head><title>502 Bad Gateway</title></head></html>", 502, {}, "text/html"
)
ERROR_500 = Answer(b"Internal Server Error", 500, {}, "text/plain")
UNREADABLE = {"nonsense": NONSENSE, "html": HTML, "error_500": ERROR_500}
REFUSALS = {
    "throttle": (Kind.THROTTLED, "Too many requests"),
    "transient": (Kind.TRANSIENT, "An unexpected error, please retry later"),
    "expire_token": (Kind.TOKEN_EXPIRED, "The access token has expired"),
}


@dataclass(slots=True)
class Visit:
    """One line of the request log. It holds no token and nothing personal."""

    id: int
    platform: str
    received_at: datetime
    account: str = ""
    token: str | None = None  # never itself: "***" when there was one
    events: int = 0
    outcome: str = "counted"
    reason: str = ""
    fault: str | None = None
    status: int | None = None  # of the answer; none when there was no answer


class Sandbox:
    """Three platforms at one desk."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.clock = SandboxClock(settings.machine_time)
        self.meta = Meta(settings)
        self.tiktok = TikTok(settings)
        self.snapchat = Snapchat(settings)
        self.platforms: dict[str, Platform] = {
            platform.name: platform
            for platform in (self.meta, self.tiktok, self.snapchat)
        }
        self.visits: deque[Visit] = deque(maxlen=settings.requests_kept)
        self.reset()

    def reset(self) -> None:
        """Be again as at the start: nothing counted, the script from its top."""
        self.clock.reset()
        self.visits.clear()
        self.script = Script(self.settings.faults)
        self.books = {
            name: Book(platform.same_conversion)
            for name, platform in self.platforms.items()
        }
        self.tallies = {name: Tally() for name in self.platforms}
        self._expired: set[str] = set()
        self._requests = 0

    def visit(self, platform: str, account: str = "") -> Visit:
        """Open the next line of the log."""
        self._requests += 1
        visit = Visit(self._requests, platform, self.clock.now(), account)
        self.visits.append(visit)
        return visit

    async def receive(self, platform: Platform, incoming: Incoming) -> Answer | None:
        """Answer a request; None means that the connection is to be dropped."""
        visit = self.visit(platform.name, incoming.path.get("account", ""))
        answer = await self._answer(platform, incoming, visit)
        visit.status = answer.status if answer else None
        return answer

    async def _answer(
        self, platform: Platform, incoming: Incoming, visit: Visit
    ) -> Answer | None:
        try:
            submission = platform.read(incoming)
        except Refused as refused:
            return refusal_of(platform, refused, visit)
        visit.account, visit.events = submission.account, len(submission.events)
        visit.token = "***" if submission.token else None
        rule, index = self._strike(platform, submission)
        if rule is None:
            return self._judge(platform, submission, visit)
        visit.fault = rule.do
        return await self._fail(rule, index, platform, submission, visit)

    def _strike(
        self, platform: Platform, submission: Submission
    ) -> tuple[Rule | None, int | None]:
        if not self.script:
            return None, None
        ids = _ids(platform, submission)
        return self.script.strike(platform.name, submission.account, ids)

    async def _fail(
        self,
        rule: Rule,
        index: int | None,
        platform: Platform,
        submission: Submission,
        visit: Visit,
    ) -> Answer | None:
        """Carry out a fault."""
        if rule.do in REFUSALS:
            if rule.do == "expire_token" and submission.token:
                self.expire(submission.token)
            kind, reason = REFUSALS[rule.do]
            return refusal_of(platform, _scripted(rule, None, kind, reason), visit)
        counts_first = rule.count_first or rule.do == "drop_after"
        if rule.do == "delay":
            return await self._delay(rule, platform, submission, visit)
        if rule.do in {"refuse", "partial_count", "lose"}:
            return self._judge(platform, submission, visit, rule, index)
        if counts_first:
            self._judge(platform, submission, visit)
        else:
            visit.outcome = "lost"
        return UNREADABLE.get(rule.do)  # dropped connections have no answer

    async def _delay(
        self, rule: Rule, platform: Platform, submission: Submission, visit: Visit
    ) -> Answer:
        if rule.count_first is False:
            await asyncio.sleep(rule.seconds)
            return self._judge(platform, submission, visit)
        answer = self._judge(platform, submission, visit)
        await asyncio.sleep(rule.seconds)
        return answer

    def _judge(
        self,
        platform: Platform,
        submission: Submission,
        visit: Visit,
        rule: Rule | None = None,
        index: int | None = None,
    ) -> Answer:
        """Check a request and count it whole, or refuse it whole."""
        try:
            self.check_access(platform, submission)
            platform.check(submission, self.clock.now())
            if rule is not None and rule.do == "refuse":
                raise _scripted(rule, index, Kind.SCRIPTED, "is refused by script")
        except Refused as refused:
            return refusal_of(platform, refused, visit)
        arrivals: Iterable[Arrival] = platform.arrivals(submission)
        origin = _origin(submission)
        if rule is not None and rule.do == "lose":
            lost = self.script.lost(rule, _ids(platform, submission))
            arrivals = (one for n, one in enumerate(arrivals) if n not in lost)
            rule = None
        if rule is not None and rule.count < len(submission.events):
            visit.outcome = f"counted {rule.count}"
            self.count(visit, islice(arrivals, rule.count), origin)
            return platform.partly(visit.id, rule.count)
        self.count(visit, arrivals, origin)
        return platform.accepted(visit.id, len(submission.events))

    def count(self, visit: Visit, arrivals: Iterable[Arrival], origin: Origin) -> None:
        """Count what a visit brought, as received when the visit was."""
        at, tally = visit.received_at.timestamp(), self.tallies[visit.platform]
        self.books[visit.platform].receive(
            visit.account,
            arrivals,
            visit.id,
            at,
            lambda arrival, fresh: tally.add(origin, arrival, at, fresh=fresh),
        )

    def expire(self, token: str) -> None:
        """Refuse a token from now on."""
        self._expired.add(token)

    def past_hour(self, platform: str, account: str) -> tuple[Counter[str], int]:
        """Count the events of the past hour, and say when the last one came."""
        since = self.clock.now() - timedelta(hours=1)
        live, latest = self.tallies[platform].past_hour(account, self.clock.now())
        counted = Counter(live=live)
        for visit in self.visits:
            ours = visit.platform == platform and visit.account == account
            if ours and visit.outcome == "validated" and visit.received_at > since:
                counted["test"] += visit.events
        return counted, latest

    def check_access(
        self, platform: Platform, submission: Submission, *, named: bool = True
    ) -> None:
        """Check the token, and that the account exists where one is named."""
        token = submission.token
        if not token:
            raise Refused(Kind.TOKEN_MISSING, "An access token is required")
        if token in self._expired:
            raise Refused(Kind.TOKEN_EXPIRED, "The access token has expired")
        if not self.settings.is_valid(token):
            raise Refused(Kind.TOKEN_INVALID, "The access token is invalid")
        accounts = self.settings.accounts.get(platform.name)
        if named and accounts is not None and submission.account not in accounts:
            raise Refused(Kind.ACCOUNT, submission.account)


def refusal_of(platform: Platform, refused: Refused, visit: Visit) -> Answer:
    if refused.names_index is None:
        refused.names_index = platform.names_index
    visit.outcome = "refused"
    at = "" if refused.index is None else f"event {refused.index}: "
    visit.reason = f"{at}{refused.field} {refused.reason} ({refused.kind})".strip()
    return platform.refused(visit.id, refused)


def _scripted(rule: Rule, index: int | None, kind: Kind, reason: str) -> Refused:
    # A refusal that names an event names a field of it, too: the answers' readers ask.
    refused = Refused(kind, reason, "" if index is None else "event_id")
    refused.index = index
    refused.names_index = rule.name_index
    refused.code, refused.subcode = rule.code, rule.subcode
    refused.status, refused.retry_after = rule.status, rule.retry_after
    return refused


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _ids(
    platform: Platform, submission: Submission
) -> list[tuple[str | None, str | None]]:
    return [
        (_text(event.get("event_id")), _text(platform.order_id(event)))
        for event in submission.events
    ]


def _origin(submission: Submission) -> Origin:
    """Say whose a request is: Meta's may name an agent and a tag."""
    body = submission.body
    agent, tag = (_text(body.get(name)) for name in ("partner_agent", "upload_tag"))
    return Origin(submission.account, agent=agent or "", tag=tag or "")
