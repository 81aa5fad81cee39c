"""The table `[airflow]` of capi_jobs.toml: when runs start, who is asked, who is told.

Descriptions and reasons (`why`) are the text of `docs/configuration.md`. What the DAGs
make of it stands in `dags/` and `airflow/`; without Airflow nothing reads this table.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from capi_jobs.config.types import Section, Span, Text

Occasion = Literal[
    "needs_approval", "failed", "in_doubt", "token_refused", "balance_open"
]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

# Five fields; what stands in them is read by Airflow, which says so if it cannot.
_CRON = re.compile(r"\S+( \S+){4}")


def _cron(text: str) -> str:
    tidy = " ".join(text.split())
    if not _CRON.fullmatch(tidy):
        raise ValueError('write five fields, such as "0 3 * * *" for every night at 3')
    return tidy


Cron = Annotated[str, AfterValidator(_cron)]


class Notification(Section):
    """Who is told what, through a connection that Airflow knows."""

    kind: Literal["slack", "email", "webhook"] = Field(
        description="`slack` (an incoming webhook), `email` (SMTP) or `webhook` (a POST"
        " of JSON)"
    )
    connection: Text = Field(description="id of the Airflow connection that is used")
    on: tuple[Occasion, ...] = Field(
        OCCASIONS,
        min_length=1,
        description="which of "
        + ", ".join(f"`{one}`" for one in OCCASIONS)
        + " are told; else all",
    )
    to: tuple[Text, ...] = Field(
        (), validate_default=True, description="`email`: addresses"
    )
    channel: Text | None = Field(
        None,
        description="`slack`: send to this channel through Slack's API, with a"
        " connection of the type `slack`; a webhook has a channel of its own",
    )

    @field_validator("to")
    @classmethod
    def _addresses(cls, to: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        email = info.data.get("kind") == "email"
        if email and not to:
            raise ValueError("an e-mail needs an address")
        if to and not email and "kind" in info.data:
            raise ValueError("only e-mail has addresses")
        return to

    @field_validator("channel")
    @classmethod
    def _slack(cls, channel: str | None, info: ValidationInfo) -> str | None:
        if channel is not None and info.data.get("kind", "slack") != "slack":
            raise ValueError("only Slack has channels")
        return channel


class Airflow(Section):
    """The DAGs: when they run, who is asked, who is told."""

    trigger: Literal["clock", "asset", "asset_of_day"] = Field(
        "clock",
        description="`clock` runs by `schedule`; `asset` when the producer of the"
        " orders says that they are there; `asset_of_day` likewise, for the day that"
        " it names as partition key, such as `2026-11-22`",
    )
    schedule: Cron = Field(
        "0 3 * * *",
        description="cron of the nightly run, in the shop's zone",
        json_schema_extra={"why": "the day has ended and the nightly load is done"},
    )
    orders_asset: Text | None = Field(
        None,
        validate_default=True,
        description="URI of the asset that the producer of the orders updates, such as"
        " `postgres://warehouse/shop/analytics/completed_orders`",
    )
    verify_schedule: Cron = Field(
        "0 9 * * *",
        description="cron of `capi_verify`: leases, arrival, balance, retention",
        json_schema_extra={"why": "some hours after the nightly run"},
    )
    owner: Text = Field("analytics", description="owner of the DAGs in Airflow's UI")
    data_owners: tuple[Text, ...] = Field(
        (),
        description="Airflow users who may approve or reject, by the id that its auth"
        " manager gives them: a name, or a number with FAB; with none, whoever may"
        " answer tasks of the DAG",
    )
    approval_timeout: Span = Field(
        timedelta(hours=12),
        description="how long an approval is waited for",
        json_schema_extra={"why": "an answer in the same working day"},
    )
    approval_unanswered: Literal["hold", "fail", "approve"] = Field(
        "hold",
        description="what happens then: `hold` sends nothing and says so, `fail` leaves"
        " the question open, `approve` sends what was shown",
        json_schema_extra={"why": "silence is not a yes"},
    )
    slice_orders: int = Field(
        250_000,
        ge=1,
        description="a day with more orders to send is delivered in slices, several at"
        " once",
        json_schema_extra={"why": "some minutes a slice at a platform's usual pace"},
    )
    slices_max: int = Field(
        16,
        ge=1,
        le=256,
        description="so many slices at most, and no more than `pool_slots`",
        json_schema_extra={"why": "each reads all keys again"},
    )
    pool_slots: int = Field(
        2,
        ge=1,
        le=64,
        description="tasks of one destination that work at once; the size of its pool",
        json_schema_extra={"why": "platforms limit the calls, whoever makes them"},
    )
    reupload_folder: Path | None = Field(
        None,
        description="folder on the workers, whole path, of files with order ids that"
        " the re-upload form may name; else it takes pasted ids only",
        json_schema_extra={"why": "a form must not show any file that a worker reads"},
    )
    retries: int = Field(
        3,
        ge=0,
        le=20,
        description="times a task is tried again after a fault that may pass",
        json_schema_extra={"why": "a warehouse that restarts is back by then"},
    )
    retry_delay: Span = Field(
        timedelta(minutes=5),
        description="wait before the first of them; doubles each time",
        json_schema_extra={"why": "5, 10 and 20 minutes bridge a maintenance window"},
    )
    notifications: tuple[Notification, ...] = Field(
        (), max_length=20, description="`[[airflow.notifications]]`: who is told"
    )

    @field_validator("orders_asset")
    @classmethod
    def _asset_named(cls, uri: str | None, info: ValidationInfo) -> str | None:
        trigger = info.data.get("trigger", "clock")
        if uri is None and trigger != "clock":
            raise ValueError(f'`trigger = "{trigger}"` needs the asset\'s URI')
        return uri

    @field_validator("reupload_folder")
    @classmethod
    def _whole_path(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_absolute():
            raise ValueError("write the whole path: workers start anywhere")
        return folder

    @field_validator("approval_timeout")
    @classmethod
    def _time_to_answer(cls, span: timedelta) -> timedelta:
        if span < timedelta(minutes=1):
            raise ValueError("must be 1m at least: nobody answers faster")
        return span
