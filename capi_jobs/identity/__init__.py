"""Match keys: named normal forms and SHA-256. Pure; raw personal data ends here.

`FORMS` has every form by name; `reader` is a form with its hashing and its memo.
Which platform wants which form stands in the platform's `match_keys`.
"""

from capi_jobs.identity.context import Context
from capi_jobs.identity.forms import FORMS
from capi_jobs.identity.hashing import answers, reader
from capi_jobs.identity.places import country_code
from capi_jobs.identity.quick import Answers, Reader

__all__ = [
    "FORMS",
    "Answers",
    "Context",
    "Reader",
    "answers",
    "country_code",
    "reader",
]
