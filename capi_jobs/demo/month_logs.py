"""What the senders of a made-up month logged: a pixel, a server and a plugin's server.

What is wrong with it is decided in `breaks.py`.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from capi_jobs.demo.logs import PLATFORMS
from capi_jobs.demo.orders import DemoOrder, Row, Value, utc_text

# A purchase under a name that the platform counts apart from its own.
OTHER_NAMES = {
    "meta": "CompletePayment",
    "tiktok": "PlaceAnOrder",
    "snapchat": "ORDER_PLACED",
}


@dataclass(slots=True)
class Logs:
    """What three senders logged, for every platform alike."""

    rng: Random
    tables: dict[str, list[Row]] = field(
        default_factory=lambda: {
            "browser_events": [],
            "server_events": [],
            "plugin_events": [],
        }
    )
    last_id: str = ""  # of the order that shares its id with the next one

    def browser(self, order: DemoOrder, **changes: object) -> None:
        """Let the pixel tell of it."""
        self._log("browser_events", order, changes)

    def server(self, order: DemoOrder, **changes: object) -> None:
        """Let the shop's own server tell of it."""
        self._log("server_events", order, changes)

    def plugin(self, order: DemoOrder, **changes: object) -> None:
        """Let a plugin's server tell of it."""
        self._log("plugin_events", order, changes)

    def new_id(self) -> str:
        """Make an id that no order knows."""
        return f"px-{self.rng.getrandbits(64):016x}"

    def _log(self, table: str, order: DemoOrder, changes: dict[str, object]) -> None:
        """`after` is the time since the order, `other` another name of a purchase."""
        after = changes.pop("after", timedelta(seconds=self.rng.randrange(2, 20)))
        other = changes.pop("other", False)
        assert isinstance(after, timedelta)  # noqa: S101 - callers are in breaks.py
        row: Row = {
            "event_id": order.row["event_id"] or order.order_id,
            "event_time": utc_text(min(order.at + after, order.now)),
            "order_id": order.order_id,
            "value": order.row["value"],
            "currency": order.row["currency"],
            "items": order.row["items"],
            **changes,  # type: ignore[dict-item]
        }
        for platform in PLATFORMS:
            own = platform.event_names[-1]
            name: Value = OTHER_NAMES[platform.name] if other else own
            told: Row = {"event_name": name, "platform": platform.name}
            self.tables[table].append(row | told)
