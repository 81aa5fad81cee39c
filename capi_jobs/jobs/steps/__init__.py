"""The steps of one destination's day, each of which may be called again at any time.

Made for a scheduler whose tasks are killed, cleared and repeated: `assess`, `question`
and `decide`, `deliver` slice by slice, `close`. The ledger is the only hand-off between
them. A whole run in one process, as the command line does it, is in `../running.py`.
"""

from capi_jobs.jobs.steps.asking import Question, decide, question
from capi_jobs.jobs.steps.closing import Closed, close
from capi_jobs.jobs.steps.finding import Found, assess, run_id_of
from capi_jobs.jobs.steps.sending import Sent, deliver

__all__ = [
    "Closed",
    "Found",
    "Question",
    "Sent",
    "assess",
    "close",
    "decide",
    "deliver",
    "question",
    "run_id_of",
]
