"""The form of `capi_reupload`: what a person may ask for, and how it is put to them.

What is done with it is `reupload.py`; the same choices stand behind the command line.
"""

from airflow.sdk import Param

from capi_jobs.config import Settings

# 100,000 ids of sixty characters; more is an interval, or a file.
IDS_CHARACTERS_MAX = 6_000_000
# So long a reason fits the line of a history that people read.
REASON_CHARACTERS_MAX = 2_000
# Optional: a field with "" as its default would be one that must be filled in.
_OPTIONAL = ["null", "string"]


def reupload_form(settings: Settings) -> dict[str, Param]:
    """Return the fields, in the order in which they are shown."""
    names = [one.name for one in settings.destinations]
    return {
        "reason": Param(
            "",
            type="string",
            minLength=1,
            maxLength=REASON_CHARACTERS_MAX,
            title="Reason",
            description="Kept in the history with your name.",
        ),
        "destinations": Param(
            names,
            type="array",
            items={"type": "string", "enum": names},
            examples=names,
            title="Destinations",
            description="Where to; all, unless you take some away.",
        ),
        **_orders(settings),
        "dry_run": Param(
            True,  # noqa: FBT003 - the value of the field
            type="boolean",
            title="Dry run",
            description="Only say what would be done.",
        ),
        **_choices(),
        "may_count_twice": Param(
            False,  # noqa: FBT003 - the value of the field
            type="boolean",
            title="May count twice",
            description="Send also what the platform may have already. A data owner"
            " is asked to confirm.",
        ),
    }


def _orders(settings: Settings) -> dict[str, Param]:
    """Return three ways to name orders."""
    return {
        "order_ids": Param(
            None,
            type=_OPTIONAL,
            format="multiline",
            maxLength=IDS_CHARACTERS_MAX,
            title="Order ids",
            description="One a line, up to 100,000. Or a file, or an interval.",
        ),
        "ids_file": Param(
            None,
            type=_OPTIONAL,
            maxLength=1_000,  # no path is longer
            title="File with order ids",
            description="Its name in the folder [airflow] reupload_folder.",
        ),
        "interval": Param(
            None,
            type=_OPTIONAL,
            maxLength=100,  # two times and the dots between them
            title="Interval",
            description="Instead of ids: 2026-11-20, 2026-11-20..2026-11-22, or two"
            f" times; in the shop's zone, {settings.day_zone.key}.",
        ),
    }


def _choices() -> dict[str, Param]:
    return {
        name: Param("skip", type="string", enum=list(known), title=title, description=d)
        for name, (known, title, d) in _KNOWN.items()
    }


# Not imported from `jobs/`, which brings every library of the house: a test compares.
_KNOWN = {
    "delivered": (
        ("skip", "again"),
        "Delivered orders",
        "Those that the platform took from us.",
    ),
    "in_doubt": (
        ("skip", "delivered", "again"),
        "Orders in doubt",
        "Sent, answer lost. `delivered`: you looked, the platform has them.",
    ),
    "rejected": (
        ("skip", "again"),
        "Rejected orders",
        "Those that the platform refused for good.",
    ),
    "held": (
        ("skip", "release"),
        "Held orders",
        "Those that a rule keeps back.",
    ),
}
