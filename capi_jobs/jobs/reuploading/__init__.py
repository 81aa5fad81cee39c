"""Ad-hoc re-uploads: named orders or days are sent again, because a person said why.

`explain` is the dry run, `send` the deed; the command line and Airflow's form call
both. What is asked stands in `wish.py`, what becomes of an order in `deciding.py`.
"""

from capi_jobs.jobs.reuploading.binding import KIND
from capi_jobs.jobs.reuploading.confirming import confirmed
from capi_jobs.jobs.reuploading.explaining import explain
from capi_jobs.jobs.reuploading.sending import Reuploaded, send
from capi_jobs.jobs.reuploading.telling import DestinationTold, Explained
from capi_jobs.jobs.reuploading.wish import CHOICES, ORDERS_MAX, Wish, pasted_ids

__all__ = [
    "CHOICES",
    "KIND",
    "ORDERS_MAX",
    "DestinationTold",
    "Explained",
    "Reuploaded",
    "Wish",
    "confirmed",
    "explain",
    "pasted_ids",
    "send",
]
