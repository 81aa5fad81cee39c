"""What a run tells while it works: lines of the log, spans, metrics. Never who bought.

All that may be told is named in `names.py`; what is bound to the work at hand stands in
`fields.py`. How lines are written is `logs.py`, what is taken out of them `masking.py`,
OpenTelemetry `signals.py` and `exporting.py`. No other room imports that.
"""

from capi_jobs.telemetry.fields import Said, bound, carried, tell
from capi_jobs.telemetry.masking import keep_secret, masked
from capi_jobs.telemetry.signals import count, level, span, timed

__all__ = [
    "Said",
    "bound",
    "carried",
    "count",
    "keep_secret",
    "level",
    "masked",
    "span",
    "tell",
    "timed",
]
