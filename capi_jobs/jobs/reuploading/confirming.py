"""What a second person says of a re-upload that could count orders twice.

Kept with the run, beside the reason of who asked for it; `send` goes on with that run.
"""

from capi_jobs.jobs.house import House
from capi_jobs.jobs.reuploading.binding import KIND
from capi_jobs.jobs.reuploading.places import places_of
from capi_jobs.jobs.reuploading.telling import Explained
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.ledger.values import RunStatus


def confirmed(  # noqa: PLR0913 - of what, by whom, in which words, and how much
    house: House,
    wish: Wish,
    *,
    run_id: str,
    actor: str,
    words: str,
    yes: bool,
    shown: Explained | None,
) -> None:
    """Begin the run with the words of who confirmed it, or end it as held.

    `words` says who answered and why, `shown` what they were shown, and so the bound of
    a yes. Said again, the first answer stays.
    """
    if house.ledger.is_run(run_id):
        return
    now = house.clock.now()
    parts = shown.destinations if shown and yes else ()
    house.ledger.start_run(
        run_id,
        kind=KIND,
        interval=places_of(house, wish, now).span(),
        destinations=list(wish.destinations),
        actor=actor,
        now=now,
        note=f"{wish.because} · {words}",
        # A yes covers what was shown, and nothing else.
        asked=wish.digest,
        approved={one.name: one.twice.orders for one in parts},
    )
    if yes:
        return
    for name in wish.destinations:
        house.ledger.finish_destination(run_id, name, RunStatus.HELD, now=now)
    house.ledger.finish_run(
        run_id, RunStatus.HELD, now=now, note=f"{wish.because} · {words}"
    )
