"""A re-upload's run goes on with the wish it was begun with, and with what was shown.

What a second person says is kept in `confirming.py`; `sending.py` asks here first.
"""

from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.reuploading.telling import Explained
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.ledger.values import Run, RunStatus

KIND = "reupload"


def refuse_another(begun: Run, wish: Wish) -> None:
    """Refuse a wish that is not, order by order, the one this run was begun with."""
    # A run of another kind was asked for by nobody, and has no digest.
    if begun.asked != wish.digest:
        raise DecisionRefused(
            "this run was asked for something else: orders, days, choices,"
            " destinations and reason must be those it was begun with",
            ids=[begun.run_id],
            do="go on with those, or start a new one; nothing was sent",
        )
    if begun.status is RunStatus.HELD:
        raise DecisionRefused(
            "this re-upload was turned down",
            ids=[begun.run_id],
            do="ask for another one",
        )


def is_bounded(begun: Run, wish: Wish, *, by_second_person: bool) -> bool:
    """Whether no more may count twice than somebody has confirmed."""
    parts = begun.destinations.values()
    confirmed = any(part.approved_count is not None for part in parts)
    return wish.may_count_twice and (by_second_person or confirmed)


def refuse_more(begun: Run, shown: Explained) -> None:
    """Refuse where by now more could count twice than was confirmed, if anything was.

    Fewer is fine: what this run has sent, or made missing, is not told again.
    """
    for one in shown.destinations:
        confirmed = begun.destinations[one.name].approved_count or 0
        if one.twice.orders > confirmed:
            raise DecisionRefused(
                f"{one.twice.orders:,} orders could count twice at {one.name} by now,"
                f" and {confirmed:,} were confirmed",
                ids=[begun.run_id],
                do="start the form again, which asks anew; nothing was sent",
            )
