"""A re-upload at work: decide, write the decisions down, then deliver what may go.

Called again with the same run it goes on where it was: what it has made missing, or
has sent, it never makes missing again.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from capi_jobs.config import Destination
from capi_jobs.delivery import Tally
from capi_jobs.errors import DecisionRefused
from capi_jobs.gate import Gate
from capi_jobs.jobs.assessing import Assessed
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.observing import run_ended, run_told
from capi_jobs.jobs.outcome import Ran, RunReport
from capi_jobs.jobs.reuploading.binding import (
    KIND,
    is_bounded,
    refuse_another,
    refuse_more,
)
from capi_jobs.jobs.reuploading.explaining import explain
from capi_jobs.jobs.reuploading.line import GOING, Action, Line
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
from capi_jobs.jobs.work import Work
from capi_jobs.ledger import Chosen
from capi_jobs.ledger.values import Decided, Run, RunStatus
from capi_jobs.model import DataInterval

# One transaction each: hardly felt by a run beside it, and few for 100,000 orders.
MOVE_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class Reuploaded:
    """What was decided about each order, and what the platforms said."""

    explained: Explained
    report: RunReport

    @property
    def failed(self) -> bool:
        """Whether a destination stopped, or the run was interrupted."""
        return self.report.failed

    @property
    def needs_person(self) -> bool:
        """Whether a person must look: at what was refused, or at what was answered."""
        return self.explained.needs_person or self.report.needs_person

    def as_json(self) -> dict[str, object]:
        """Write the run as `run --json` does, and what was decided; counts only."""
        return {**self.report.as_json(), "decided": self.explained.as_json()}


def send(  # noqa: PLR0913 - what, as whom, and who hears of it
    house: House,
    wish: Wish,
    *,
    run_id: str,
    actor: str,
    watcher: Watcher,
    told: Told = unheard,
    by_second_person: bool = False,
) -> Reuploaded:
    """Do what `explain` says, in a run of its own; again with the same run, go on.

    `by_second_person`: what could count twice goes only as far as it was `confirmed`.
    """
    now = house.clock.now()
    chosen = house.settings.chosen(wish.destinations)
    credentials = house.tokens(chosen)
    house.ledger.sweep(now, actor=actor)
    places = places_of(house, wish, now)
    begun = _begin(house, wish, places.span(), run_id, actor)
    told(not_found_lines(places.not_found))
    work = Work(house, run_id, actor, credentials, watcher, note=begun.note)
    with (
        run_told(run_id, KIND, places.span()),
        work.recorded(),
        ExitStack() as open_ones,
    ):
        if is_bounded(begun, wish, by_second_person=by_second_person):
            # Before the first order is moved: all that was confirmed, or nothing.
            refuse_more(begun, explain(house, wish, run_id=run_id, watcher=watcher))
        sending = [_Sending(work, wish, places, told, one) for one in chosen]
        found = [one.prepare(open_ones) for one in sending]
        going = [one for one in found if one is not None]
        tallies = work.deliver(going)
        held = {one.name: dict(one.held) for one in going}
        ran = (
            Ran(
                d.name,
                Gate("pass"),
                tallies.get(d.name, Tally(d.name)),
                held.get(d.name, {}),
            )
            for d in chosen
        )
        report = RunReport(run_id, places.span(), tuple(ran))
        work.finish(report)
        run_ended(report)
    explained = Explained(tuple(one.answer for one in sending), places.not_found)
    return Reuploaded(explained, report)


def _begin(
    house: House, wish: Wish, span: DataInterval, run_id: str, actor: str
) -> Run:
    """Start the run, or take it up again, if it was begun with this very wish."""
    names = list(wish.destinations)
    try:
        house.ledger.start_run(
            run_id,
            kind=KIND,
            interval=span,
            destinations=names,
            actor=actor,
            now=house.clock.now(),
            note=wish.because,
            asked=wish.digest,
        )
    except DecisionRefused:
        # A name that was used before.
        refuse_another(house.ledger.run(run_id), wish)
        house.ledger.set_run_status(run_id, RunStatus.RUNNING)
    return house.ledger.run(run_id)


class _Sending:
    """One destination of the re-upload."""

    def __init__(
        self,
        work: Work,
        wish: Wish,
        places: Places,
        told: Told,
        destination: Destination,
    ) -> None:
        self.work, self.wish, self.told = work, wish, told
        self.destination, self.part = destination, places.part_of(destination)
        self.answer = DestinationTold(destination.name)

    def prepare(self, open_ones: ExitStack) -> Assessed | None:
        """Decide and write it down; return what is to be delivered, if anything is."""
        work, name = self.work, self.destination.name
        looker = Looker.at(work.house, self.destination, self.wish, work.run_id)
        moved = 0
        with ExitStack() as mine:
            found = self._reconciled(mine)
            work.watcher.stage(name, "decide", None)
            for lines in looker.lines(found, self.part):
                done, count = self._moved(lines)
                moved += count
                self.answer.add(done)
                self.told(done)
                work.watcher.reached(name, self.answer.orders)
            if found is None or not self._sends:
                return None
            if not moved:
                open_ones.enter_context(mine.pop_all())
                return found
        # What was moved is missing now: counted anew, with the books.
        return self._reconciled(open_ones)

    def _reconciled(self, stack: ExitStack) -> Assessed | None:
        span, wanted = self.part.span, self.part.wanted
        if span is None:
            return None
        return self.work.reconcile(self.destination, span, stack, wanted)

    @property
    def _sends(self) -> bool:
        return bool(self.answer.going.orders or self.answer.of(Action.RESEND))

    # ── The moves ───────────────────────────────────────────────────────────────

    def _moved(self, lines: Sequence[Line]) -> tuple[list[Line], int]:
        """Write decisions down; say what an answer overtook, and how many were made."""
        moved, overtaken = 0, dict[str, str]()
        moves: dict[Action, Callable[[Sequence[str]], Decided]] = {
            Action.RESOLVE: self._resolve,
            Action.SEND_AGAIN: self._requeue,
        }
        for action, move in moves.items():
            ids = [line.order_id for line in lines if line.action is action]
            for start in range(0, len(ids), MOVE_ORDERS):
                some = ids[start : start + MOVE_ORDERS]
                refused = _tried(move, some)
                overtaken |= refused
                moved += len(some) - len(refused)
        released = [line.order_id for line in lines if line.action is Action.RELEASE]
        if released:
            moved += self._release(released)
        return [_after(line, overtaken) for line in lines], moved

    def _resolve(self, ids: Sequence[str]) -> Decided:
        ledger, now = self.work.house.ledger, self.work.house.clock.now()
        chosen = Chosen(self.destination.name, order_ids=ids)
        return ledger.resolve(
            chosen, actor=self.work.actor, reason=self.wish.because, now=now
        )

    def _requeue(self, ids: Sequence[str]) -> Decided:
        return self.work.house.ledger.requeue(
            Chosen(self.destination.name, order_ids=ids),
            actor=self.work.actor,
            reason=self.wish.because,
            now=self.work.house.clock.now(),
            may_count_twice=self.wish.may_count_twice,
            run_id=self.work.run_id,
        )

    def _release(self, ids: Sequence[str]) -> int:
        return self.work.house.ledger.release_hold(
            self.destination.name,
            ids,
            actor=self.work.actor,
            reason=self.wish.because,
            now=self.work.house.clock.now(),
        )


def _tried(
    move: Callable[[Sequence[str]], Decided], ids: Sequence[str]
) -> dict[str, str]:
    """Move all at once; where an answer came meanwhile, each by itself."""
    try:
        move(ids)
    except DecisionRefused as refused:
        if len(ids) == 1:
            return {ids[0]: refused.what}
        overtaken: dict[str, str] = {}
        for one in ids:
            overtaken |= _tried(move, [one])
        return overtaken
    return {}


def _after(line: Line, overtaken: dict[str, str]) -> Line:
    why = overtaken.get(line.order_id)
    if why is None or line.action not in {*GOING, Action.RESOLVE}:
        return line
    return replace(
        line, action=Action.REFUSE, reason="moved_meanwhile", why=why, twice=False
    )
