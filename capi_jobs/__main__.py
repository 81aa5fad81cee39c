"""`python -m capi_jobs` is `capi-jobs`."""

from capi_jobs.cli import app

app()
