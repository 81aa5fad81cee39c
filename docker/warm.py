"""An Airflow plugin of the image: the scheduler imports what its tasks will need.

LocalExecutor forks tasks from the scheduler: what that has imported they find done,
which spares each three seconds. Celery's workers are told by docker/celery.env.
"""

import logging
import os
import sys
from importlib import import_module

if "scheduler" in sys.argv and os.environ["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor":
    # Two hundred lines of its own set-up.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import_module("great_expectations")
    import_module("capi_jobs.jobs.steps")
