"""Every night, for each destination: assess → approve → deliver → report."""

from airflow.sdk import DAG, TaskGroup, task

from capi_jobs.airflow import nightly, writing
from capi_jobs.airflow.approval import OwnersApproval
from capi_jobs.airflow.assets import delivered_asset, nightly_schedule, orders_asset
from capi_jobs.airflow.naming import group_id, pool_name
from capi_jobs.config import Destination, load

settings = load()


@task(
    doc_md="Finds which orders the platform never saw, and checks every row.\n\n"
    "**Red:** the warehouse or the ledger could not be read, or the configuration has"
    " a fault; the log says which. Mend it and clear this task. Nothing was sent."
)
def assess(destination: str) -> list[dict[str, int]]:
    return nightly.assess(destination)


@task(
    map_index_template="slice {{ task.op_kwargs['part']['slice'] }}"
    " of {{ task.op_kwargs['part']['of'] }}",
    multiple_outputs=False,
    doc_md="Sends what is missing now, up to what was shown.\n\n"
    "**Red:** the token was refused (renew it), the platform does not answer (clear"
    " this task later), or more is missing than was approved (clear `assess`, which"
    " asks again). Clear it as often as you like: the ledger knows what was sent.",
)
def deliver(destination: str, part: dict[str, int]) -> dict[str, object]:
    return nightly.deliver(destination, part)


@task(
    trigger_rule="all_done",
    multiple_outputs=False,
    doc_md="Counts where every order stands now.\n\n"
    "**Red:** this destination did not end well: it failed, a data owner held it, or"
    " its books do not close. The last line of the log says what to do. Days that the"
    " platform no longer takes are not red: they are told as *expired*.",
)
def report(destination: str) -> dict[str, object]:
    return nightly.report(destination)


def approve(destination: Destination) -> OwnersApproval:
    return OwnersApproval(
        task_id="approve",
        about=destination.name,
        opened=nightly.OpenNight(destination.name),
        told=settings,
        # To put the question and to keep the answer; it waits outside of any worker.
        execution_timeout=writing.SHORT,
        doc_md="Waits for a data owner where the gate asks; else passes at once.\n\n"
        "**Waiting:** open *Required Actions*, read, approve or reject.\n\n"
        "**Red:** it was rejected, or nobody answered in time; nothing was sent. Clear"
        " `assess` with all that follows to ask again.",
    )


def one_destination(destination: Destination) -> None:
    name = destination.name
    pool = pool_name(name)
    orders = orders_asset(settings)
    with TaskGroup(group_id(name), group_display_name=name):
        found = assess.override(
            pool=pool,
            execution_timeout=writing.delivery_timeout(settings),
            inlets=[orders] if orders else [],
        )(name)
        sent = (
            deliver.override(
                pool=pool, execution_timeout=writing.delivery_timeout(settings)
            )
            .partial(destination=name)
            .expand(part=found)
        )
        ended = report.override(
            execution_timeout=writing.SHORT,
            outlets=[delivered_asset(name)],
            on_failure_callback=writing.tell_failed,
        )(name)
        found >> approve(destination) >> sent >> ended


with DAG(
    "capi_nightly",
    schedule=nightly_schedule(settings),
    start_date=writing.START,
    catchup=False,
    # Runs that wait for an approval must not stop the nights that follow.
    max_active_runs=16,
    default_args=writing.task_defaults(settings),
    tags=["capi-jobs", "conversions"],
    doc_md=__doc__
    + """

Each run is for one day of the shop: the partition key, such as `2026-11-22`. Without
one it is the day that ended last. Destinations go side by side and never wait for one
another; each has its pool, `capi_jobs_<destination>`.

**A red task** says in its last log line what to do; its own documentation says more.
Any task may be cleared and run again at any time: nothing is sent twice.

**Backfill:** *Trigger → Backfill*, or `airflow backfill create --dag-id capi_nightly
--from-date 2026-11-01 --to-date 2026-11-07`; both days are included.
""",
):
    for each in settings.destinations:
        one_destination(each)
