"""What a second person says of a re-upload that could count orders twice.

Kept with the run, beside the reason of who asked for it; `send` goes on with that run.
"""

from capi_jobs.jobs.house import House
from capi_jobs.jobs.reuploading.places import places_of
from capi_jobs.jobs.reuploading.sending import KIND
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.ledger.values import RunStatus


def confirmed(
    house: House, wish: Wish, *, run_id: str, actor: str, words: str, yes: bool
) -> None:
    """Begin the run with the words of who confirmed it, or end it as held.

    `words` says who answered and why. Said again, the first answer stays.
    """
    if house.ledger.is_run(run_id):
        return
    now = house.clock.now()
    house.ledger.start_run(
        run_id,
        kind=KIND,
        interval=places_of(house, wish, now).span(),
        destinations=list(wish.destinations),
        actor=actor,
        now=now,
        # In this order: `send` knows the run by the reason it begins with.
        note=f"{wish.because} · {words}",
    )
    if yes:
        return
    for name in wish.destinations:
        house.ledger.finish_destination(run_id, name, RunStatus.HELD, now=now)
    house.ledger.finish_run(
        run_id, RunStatus.HELD, now=now, note=f"{wish.because} · {words}"
    )
