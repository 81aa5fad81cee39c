"""What each task of `capi_reupload` does: the form is read anew, one call of `jobs/`.

No order id is handed from task to task. The form itself is `dags/capi_reupload.py`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from capi_jobs.airflow.approval import Answer, Asked
from capi_jobs.airflow.entering import actor_of, entered
from capi_jobs.airflow.links import report_link
from capi_jobs.airflow.telling import EndedBadly
from capi_jobs.config import Settings
from capi_jobs.errors import ConfigFault, DecisionRefused

if TYPE_CHECKING:
    from capi_jobs.jobs.house import House
    from capi_jobs.jobs.reuploading import Explained, Wish
    from capi_jobs.jobs.reuploading.line import Line
    from capi_jobs.jobs.reuploading.telling import Told

log = logging.getLogger(__name__)

# Far more than a person reads; `capi-jobs reupload --json` has all of them.
LINES_LOGGED_MAX = 2_000
Context = Any  # Airflow's is a TypedDict of everything


@dataclass(frozen=True, slots=True)
class Asking:
    """What a form asks for, in an open house."""

    house: "House"
    wish: "Wish"
    run_id: str
    actor: str
    dry_run: bool

    @property
    def link(self) -> str:
        """Where its report is."""
        return report_link(self.run_id)


@contextmanager
def asking(context: Context) -> Iterator[Asking]:
    """Read the form of this run; all that is wrong with it is said at once."""
    from capi_jobs.jobs.steps import run_id_of  # noqa: PLC0415 - not while parsing

    run, params = context["dag_run"], context["params"]
    with entered() as house:
        wish = _wish(house, params, run.run_after)
        day, origin = f"{run.run_after:%Y-%m-%d}", f"{run.dag_id}/{run.run_id}"
        run_id = run_id_of(day, "reupload", origin)
        yield Asking(house, wish, run_id, actor_of(context), params["dry_run"])


def _wish(house: "House", params: Context, asked_at: datetime) -> "Wish":
    """Read the form as it was meant: `yesterday` stays the day it was."""
    from capi_jobs.jobs.reuploading import CHOICES, Wish, pasted_ids  # noqa: PLC0415

    ids = pasted_ids(params["order_ids"] or "")
    if params["ids_file"]:
        ids += _ids_of(house.settings.airflow.reupload_folder, params["ids_file"])
    return Wish.read(
        house.settings,
        now=asked_at,
        because=params["reason"],
        destinations=params["destinations"] or (),
        order_ids=ids,
        interval=params["interval"],
        may_count_twice=params["may_count_twice"],
        **{name: params[name] for name in CHOICES},
    )


def _ids_of(folder: Path | None, name: str) -> list[str]:
    """Read a file of the one folder that forms may name files of."""
    from capi_jobs.jobs.reading_files import read_ids  # noqa: PLC0415

    if folder is None:
        raise ConfigFault(
            "files of order ids are not allowed here",
            do="paste the ids, or set [airflow] reupload_folder",
        )
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise ConfigFault(
            "the file of order ids lies elsewhere", do=f"put it into {folder}"
        )
    return read_ids(file)


def check() -> dict[str, object]:
    """Refuse a form that cannot be meant, before anything is looked up."""
    with asking(get_current_context()) as at:
        wish, told = at.wish, at.wish.interval
        counts: dict[str, object] = {
            "run_id": at.run_id,
            "destinations": list(wish.destinations),
            "order_ids": len(wish.order_ids),
            "interval": f"{told.start:%Y-%m-%d %H:%M}..{told.end:%Y-%m-%d %H:%M} UTC"
            if told
            else None,
            "dry_run": at.dry_run,
        }
    log.info("asked for: %s", counts)
    return counts


def explain() -> dict[str, object]:
    """Say of each order what will be done with it, and why or why not."""
    with asking(get_current_context()) as at:
        shown = _explained(at, _Logged())
    return dict(shown.as_json())


def _explained(at: Asking, told: "Told" = lambda _: None) -> "Explained":
    from capi_jobs.jobs import reuploading  # noqa: PLC0415 - not while parsing
    from capi_jobs.jobs.house import Unwatched  # noqa: PLC0415 - likewise

    return reuploading.explain(
        at.house, at.wish, run_id=at.run_id, watcher=Unwatched(), told=told
    )


class _Logged:
    """Writes a line of log for each order, up to a bound, and says where it ends."""

    def __init__(self) -> None:
        self._left = LINES_LOGGED_MAX

    def __call__(self, lines: "Sequence[Line]") -> None:
        for one in lines[: self._left]:
            log.info(
                "%s %s: %s, %s: %s",
                one.destination or "-",
                one.order_id,
                one.was or "unknown",
                one.action,
                one.why,
            )
        if self._left and len(lines) > self._left:
            log.info("… the rest is counted only; `capi-jobs reupload` shows all")
        self._left = max(0, self._left - len(lines))


def send() -> dict[str, object]:
    """Do what `explain` said; again, it goes on where it was."""
    from capi_jobs.jobs import reuploading  # noqa: PLC0415 - not while parsing
    from capi_jobs.jobs.house import Unwatched  # noqa: PLC0415 - likewise

    context = get_current_context()
    with asking(context) as at:
        if at.dry_run:
            raise AirflowSkipException("dry run: nothing is sent")
        if _unconfirmed(at):
            raise DecisionRefused(
                "nobody has confirmed that orders may count twice",
                ids=[at.run_id],
                do="clear `confirm`, which asks a data owner; nothing was sent",
            )
        done = reuploading.send(
            at.house,
            at.wish,
            run_id=at.run_id,
            actor=at.actor,
            watcher=Unwatched(),
            told=_Logged(),
            by_second_person=True,
        )
        told = done.as_json()
        log.info("sent: %s", told)
        context["ti"].xcom_push("sent", told)
        for ran in done.report.destinations:
            if ran.tally is not None and ran.tally.stopped is not None:
                raise ran.tally.stopped
        if done.failed:
            raise AirflowException("stopped before all was sent; goes on next try")
    return told


def report() -> dict[str, object]:
    """Say how the re-upload ended; fail unless it ended well."""
    context = get_current_context()
    failed = _failed_before(context)
    with asking(context) as at:
        link, run_id, ledger, status = at.link, at.run_id, at.house.ledger, "not begun"
        if ledger.is_run(run_id):
            status = str(ledger.run(run_id).status)
        if at.dry_run and not failed:
            status = "dry run: nothing was sent"
    log.info("%s: %s; %s", run_id, status, link)
    if failed or status not in {"done", "dry run: nothing was sent"}:
        raise EndedBadly(
            f"the re-upload ended as {status} → see the log of"
            f" {', '.join(sorted(failed)) or 'send'}, then clear it; what was sent is"
            " not sent again",
            # What failed before has told of itself; whoever turned it down knows.
            None if failed or status == "held" else "failed",
            link,
        )
    return {"run_id": run_id, "status": status, "link": link}


def _failed_before(context: Context) -> set[str]:
    run, ids = context["dag_run"], ["check", "explain", "confirm", "send"]
    told = context["ti"].get_task_states(
        dag_id=run.dag_id, task_ids=ids, run_ids=[run.run_id]
    )
    states = told.get(run.run_id, {}).items()
    return {task for task, state in states if state == "failed"}


@dataclass(frozen=True, slots=True)
class Confirm:
    """The question whether orders may count twice, if they could."""

    asked: bool
    subject: str = ""
    body: str = ""
    notice: str = "Who asked, and why, stands in the form of its run."


@dataclass(slots=True)
class ReuploadCase:
    """What the data owners are asked about a re-upload."""

    at: Asking
    settings: Settings
    link: str
    asked: Asked
    found: "Explained | None"

    @property
    def shown(self) -> str:
        """Which orders were asked for, how many would go, and could count twice."""
        return f"{self.asked.body}{self.at.wish.digest}"

    def keep(self, answer: Answer) -> None:
        """Keep the answer with the run that `send` goes on with."""
        from capi_jobs.jobs.reuploading import confirmed  # noqa: PLC0415

        said = "confirmed" if answer.approved else "turned down"
        confirmed(
            self.at.house,
            self.at.wish,
            run_id=self.at.run_id,
            actor=self.at.actor,
            words=f"{said} by {answer.actor}: {answer.reason}",
            yes=answer.approved,
            shown=self.found,
        )


@contextmanager
def open_reupload(context: Context) -> Iterator[ReuploadCase]:
    """Ask only where something is really sent that could count a second time."""
    with asking(context) as at:
        shown = _unconfirmed(at)
        asked = _twice(shown) if shown else Confirm(asked=False)
        yield ReuploadCase(at, at.house.settings, at.link, asked, shown)


def _unconfirmed(at: Asking) -> "Explained | None":
    """Return what could count twice and nobody has said yes to; None: nothing could.

    A run that has begun is bound by what was confirmed. Asked by `send`, too: somebody
    may mark `confirm` as done, and orders may have been delivered since it passed.
    """
    may = at.wish.may_count_twice and not at.dry_run
    if not may or at.house.ledger.is_run(at.run_id):
        return None
    shown = _explained(at)
    return shown if shown.would_count_twice else None


def _twice(shown: "Explained") -> Confirm:
    count = shown.would_count_twice
    rows = (
        f"| {one.name} | {one.going.orders:,} | {one.twice.orders:,} |"
        for one in shown.destinations
    )
    body = (
        f"{count:,} of {shown.going:,} orders could be **counted twice**: the platform"
        " may have them already.\n\n"
        "| destination | would be sent | could count twice |\n| --- | ---: | ---: |\n"
        + "\n".join(rows)
        + "\n\nWho asked, and why, stands in the form of this run. **Approve** sends"
        " them; **Reject** sends nothing at all.\n"
    )
    return Confirm(count > 0, f"Re-upload: {count:,} orders could count twice", body)
