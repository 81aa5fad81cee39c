"""On demand, by a form: check → explain → confirm → send → report."""

from airflow.sdk import DAG, task

from capi_jobs.airflow import reupload, writing
from capi_jobs.airflow.approval import OwnersApproval
from capi_jobs.airflow.form import reupload_form
from capi_jobs.config import load

settings = load()


@task(
    multiple_outputs=False,
    doc_md="Reads the form.\n\n**Red:** the form cannot be meant; the log lists every"
    " fault. Trigger again with a better one. Nothing was looked up or sent.",
)
def check() -> dict[str, object]:
    return reupload.check()


@task(
    multiple_outputs=False,
    on_failure_callback=writing.tell_failed,
    doc_md="Says of each order what will be done with it and why, in its log.\n\n"
    "**Red:** the warehouse or the ledger could not be read. Clear it later.",
)
def explain() -> dict[str, object]:
    return reupload.explain()


@task(
    multiple_outputs=False,
    # Two re-uploads of the same orders one after the other explain each other.
    max_active_tis_per_dag=1,
    on_failure_callback=writing.tell_failed,
    doc_md="Does it. Skipped in a dry run.\n\n**Red:** a token was refused, a platform"
    " or the ledger does not answer; the log says what to do. Clear it: it goes on"
    " where it was, and sends nothing twice that you did not ask for twice.",
)
def send() -> dict[str, object]:
    return reupload.send()


@task(
    trigger_rule="all_done",
    multiple_outputs=False,
    on_failure_callback=writing.tell_failed,
    doc_md="Says how it ended.\n\n**Red:** not all was done; its log names the task to"
    " look at.",
)
def report() -> dict[str, object]:
    return reupload.report()


with DAG(
    "capi_reupload",
    schedule=None,
    start_date=writing.START,
    catchup=False,
    # So many people at once at 3 a.m.
    max_active_runs=8,
    default_args={
        **writing.task_defaults(settings),
        "execution_timeout": writing.delivery_timeout(settings),
    },
    params=reupload_form(settings),
    tags=["capi-jobs", "conversions", "by-hand"],
    doc_md=__doc__
    + """

Sends named orders, or those of an interval, once more: for the engineer at 3 a.m. The
same as `capi-jobs reupload`. **Dry run first** (it is the default): the log of
`explain` says of each order what would be done and why not. Then trigger the same form
again without it.

What could count twice is refused unless you say *May count twice*; then `confirm` asks
a data owner. Your name and your reason stay in the ledger's history.

**A red task** says in its last log line what to do. Each may be cleared at any time.
""",
):
    confirm = OwnersApproval(
        task_id="confirm",
        about="re-upload",
        opened=reupload.open_reupload,
        told=settings,
        doc_md="Asks a data owner if orders could count twice; else passes.\n\n"
        "**Red:** turned down, or nobody answered in time. Nothing was sent.",
    )
    check() >> explain() >> confirm >> send() >> report()
