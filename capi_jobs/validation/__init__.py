"""Great Expectations in, verdicts out: which rows a rule of `expectations/` holds.

What a row must be to be readable at all lives in `orders.py`, whether a platform
could use a conversion in its `eligible`, whether a person is asked in `gate.py`.
"""

from capi_jobs.validation.validator import Validator
from capi_jobs.validation.verdict import ExpectationResult, SuiteVerdict

__all__ = ["ExpectationResult", "SuiteVerdict", "Validator"]
