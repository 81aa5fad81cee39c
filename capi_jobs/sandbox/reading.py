"""Takes a question of a read API through fault and token to its answer.

What is told stands in *_reading.py, what is received in intake.py.
"""

import asyncio
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from .faults import Rule
from .intake import REFUSALS, UNREADABLE, Sandbox, refusal_of
from .settings import SandboxSettings
from .tallies import Tally
from .wire import Answer, Kind, Platform, Question, Refused, Submission

Teller = Callable[[Tally, SandboxSettings, Question], Answer]
# A page holds so many rows, unless a script makes it fewer.
PAGE_ROWS = 500


class Reading:
    """Answers questions of all platforms; they stand in the log as `read`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def answer(
        self,
        platform: Platform,
        account: str,
        token: str | None,
        query: Mapping[str, str],
        tell: Teller,
        check: Callable[[], None] = lambda: None,
    ) -> Answer | None:
        """Answer a question; None means that the connection is to be dropped."""
        visit = self._sandbox.visit(platform.name, account)
        visit.outcome, visit.token = "read", "***" if token else None
        submission = Submission(account, token, {}, [])
        rule, _ = self._sandbox.script.strike(platform.name, account, [], on="read")
        visit.fault = rule.do if rule else None
        try:
            if rule is not None:
                if rule.do.startswith("drop"):
                    visit.outcome = "lost"
                    return None
                if rule.do in UNREADABLE:
                    return UNREADABLE[rule.do]
                await self._fail(rule, submission)
            self._sandbox.check_access(platform, submission, named=bool(account))
            check()
            question = self._question(account, query, rule)
            tally = self._sandbox.tallies[platform.name]
            answer = tell(tally, self._sandbox.settings, question)
        except Refused as refused:
            answer = refusal_of(platform, refused, visit)
        visit.status = answer.status
        return answer

    async def _fail(self, rule: Rule, submission: Submission) -> None:
        if rule.do == "delay":
            await asyncio.sleep(rule.seconds)
        if rule.do == "forbid":
            raise Refused(Kind.FORBIDDEN, "The permission to read is missing")
        if rule.do in REFUSALS:
            if rule.do == "expire_token" and submission.token:
                self._sandbox.expire(submission.token)
            kind, reason = REFUSALS[rule.do]
            refused = Refused(kind, reason)
            refused.retry_after = rule.retry_after
            refused.code, refused.status = rule.code, rule.status
            raise refused

    def _question(
        self, account: str, query: Mapping[str, str], rule: Rule | None
    ) -> Question:
        paged = rule is not None and rule.do == "paginate"
        zone = rule.zone if rule is not None and rule.do == "other_zone" else None
        return Question(
            account=account,
            query=query,
            now=self._sandbox.clock.now(),
            page_rows=max(1, rule.count) if rule and paged else PAGE_ROWS,
            zone=ZoneInfo(zone) if zone else None,
            zone_hidden=rule is not None and rule.do == "other_zone" and not zone,
        )
