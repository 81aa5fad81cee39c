import logging
import subprocess
import sys

from capi_jobs.validation.importing import LATER, quiet

# For a process of its own: this one has imported all of it, for other tests.
PROGRAM = """
import sys
from datetime import UTC, datetime
from capi_jobs.validation import Validator
from capi_jobs.validation.importing import LATER

Validator(now=datetime(2026, 11, 22, tzinfo=UTC)).check()
print(*sorted(n for n in LATER if type(sys.modules[n]).__name__ == "_LazyModule"))

import altair, scipy.stats
print(float(scipy.stats.norm.cdf(0)), altair.Chart.__name__)
"""


def test_what_no_rule_needs_waits_until_it_is_used() -> None:
    """A version that uses it while it is imported is right, too, but no cheaper."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [" ".join(sorted(LATER)), "0.5 Chart"]


def test_no_word_is_written_below_a_warning() -> None:
    quiet()
    assert logging.getLogger("great_expectations").level == logging.WARNING
