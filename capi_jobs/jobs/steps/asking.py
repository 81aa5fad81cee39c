"""`question` and `decide`: what a data owner reads before a send, and the answer."""

from dataclasses import dataclass

from capi_jobs.jobs.house import House
from capi_jobs.ledger.values import Decision


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: plain subject, body in Markdown; nothing personal."""

    asked: bool  # false: the gate passed, or it was decided already
    subject: str
    body: str


def question(house: House, run_id: str, destination: str) -> Question:
    """Put the open question of a run into words."""
    raise NotImplementedError


def decide(
    house: House,
    run_id: str,
    destination: str,
    decision: Decision,
    *,
    actor: str,
    reason: str,
) -> None:
    """Keep the answer; the same one twice is one, a different one is refused."""
    raise NotImplementedError
