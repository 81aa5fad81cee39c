"""One file a page: what it reads, and the model that page and JSON show alike.

A view reads only what it is given (a desk or the house) and knows no HTML.
"""

from fastapi import APIRouter

from capi_jobs.web.page import Page
from capi_jobs.web.views import overview

# In the order of the menu.
PAGES: tuple[Page, ...] = (overview.PAGE,)
# Routes that change something.
CHANGES: tuple[APIRouter, ...] = ()
