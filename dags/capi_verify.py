"""Some hours after the nightly run: sweep, arrival, balance, retention."""

from airflow.sdk import DAG, CronTriggerTimetable, task

from capi_jobs.airflow import verify, writing
from capi_jobs.config import load

settings = load()


@task(
    multiple_outputs=False,
    doc_md="Finds calls whose task was killed: their orders are in doubt, and the next"
    " run settles them.\n\n**Red:** the ledger could not be reached. Clear it later.",
)
def sweep() -> dict[str, int]:
    return verify.sweep()


@task(
    multiple_outputs=False,
    doc_md="Asks the platforms what they received, and sets it beside the ledger.\n\n"
    "**Red:** more lacks than is tolerated, or a token may not read; the log says"
    " which. What cannot be known yet is not red. Nothing is sent again by itself.",
)
def arrival() -> dict[str, str]:
    return verify.arrival()


@task(
    multiple_outputs=False,
    doc_md="Looks whether every order of the last weeks stands in exactly one column."
    "\n\n**Red:** the books of a destination do not close, which is a bug of capi-jobs:"
    " report it with the order numbers that the report shows.",
)
def balance() -> dict[str, object]:
    return verify.balance()


@task(
    multiple_outputs=False,
    doc_md="Removes what is older than `[ledger] retention`; never what a platform"
    " would still take.\n\n**Red:** the ledger could not be reached. Clear it later.",
)
def retention() -> dict[str, int]:
    return verify.retention()


with DAG(
    "capi_verify",
    schedule=CronTriggerTimetable(
        settings.airflow.verify_schedule, timezone=settings.day_zone.key
    ),
    start_date=writing.START,
    catchup=False,
    # Two at once would only wait for one another.
    max_active_runs=1,
    default_args={
        **writing.task_defaults(settings),
        "execution_timeout": writing.SHORT,
        "on_failure_callback": writing.tell_failed,
    },
    tags=["capi-jobs", "conversions"],
    doc_md=__doc__
    + """

Looks after the ledger; sends nothing. **A red task** says in its last log line what to
do, and may be cleared at any time.
""",
):
    # What the sweep puts into doubt is counted; each of the others stands alone.
    swept = sweep()
    swept >> [arrival(), balance()]
    swept >> retention()
