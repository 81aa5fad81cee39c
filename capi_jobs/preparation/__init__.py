"""A page of keys and rows → what is ready to send, and what is held and why.

The one way from a row to a prepared conversion; assess, deliver, resend and preview
all take it, so that what was shown is what is sent. Reads and writes nothing itself.
"""

from capi_jobs.preparation.page import Page
from capi_jobs.preparation.preparer import Preparer

__all__ = ["Page", "Preparer"]
