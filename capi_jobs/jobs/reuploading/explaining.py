"""A re-upload's dry run: what would be done with each order, and why not."""

from contextlib import ExitStack

from capi_jobs.config import Destination
from capi_jobs.jobs.assessing import reconciled
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.reuploading.looking import Looker
from capi_jobs.jobs.reuploading.places import Places, places_of
from capi_jobs.jobs.reuploading.telling import (
    DestinationTold,
    Explained,
    Told,
    not_found_lines,
    unheard,
)
from capi_jobs.jobs.reuploading.wish import Wish


def explain(
    house: House,
    wish: Wish,
    *,
    run_id: str = "",
    actor: str = "",
    watcher: Watcher,
    told: Told = unheard,
) -> Explained:
    """Say what `send` would do now. `run_id`: of a re-upload that is to go on."""
    del actor  # who looks leaves no trace
    places = places_of(house, wish, house.clock.now())
    told(not_found_lines(places.not_found))
    chosen = house.settings.chosen(wish.destinations)
    return Explained(
        tuple(
            _explained(house, wish, one, places, run_id, watcher, told)
            for one in chosen
        ),
        places.not_found,
    )


def _explained(  # noqa: PLR0913, PLR0917 - one of the destinations
    house: House,
    wish: Wish,
    destination: Destination,
    places: Places,
    run_id: str,
    watcher: Watcher,
    told: Told,
) -> DestinationTold:
    part, answer = places.part_of(destination), DestinationTold(destination.name)
    looker = Looker.at(house, destination, wish, run_id)
    with ExitStack() as stack:
        found = None
        if part.span is not None:
            found = stack.enter_context(
                reconciled(house, destination, part.span, watcher, part.wanted)
            )
        watcher.stage(destination.name, "look", None)
        for lines in looker.lines(found, part):
            answer.add(lines)
            told(lines)
            watcher.reached(destination.name, answer.orders)
    return answer
