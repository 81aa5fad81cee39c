"""What a person can do about an order, as sentences and commands to type."""

from collections.abc import Container, Sequence
from shlex import quote

# The order ids stand beside the command; one example shows how it is typed.
_BECAUSE = '--because "…"'
_WAIT = (
    "Nothing: the next run sends them again under the same event id, which the platform"
    " still deduplicates."
)


# Rules of the suites that reader and platforms have as well: whoever lets these go sees
# them held again, under the other's name. Any other rule of a suite is a person's word.
_HELD_AGAIN = frozenset(
    {
        "completed_at_in_future",
        "completed_at_missing",
        "currency_missing",
        "currency_unknown",
        "event_id_has_control_characters",
        "event_id_too_long",
        "items_not_json",
        "order_id_has_control_characters",
        "order_id_missing",
        "order_id_too_long",
        "page_url_missing",
        "value_missing",
        "value_negative",
        "value_not_a_number",
    }
)


def releasable(rule: str, suites: Container[str]) -> bool:
    """Say whether a person's word can let orders go that this rule holds.

    `suites` has the rules of the suites; others are the reader's or the platform's own,
    and stand whatever a person says.
    """
    return rule in suites and rule not in _HELD_AGAIN


def of_hold(
    destination: str,
    rule: str,
    do: str,
    order_ids: Sequence[str],
    *,
    releasable: bool = True,
) -> tuple[str, ...]:
    """Mend the source, or let the orders go, or never send them.

    Nobody can release what cannot be read, or what the platform refuses.
    """
    first = do or "mend the row at its source: the next run looks again"
    # One order is named; of several, who reads this rarely means only the first.
    which = quote(order_ids[0]) if len(order_ids) == 1 else ""
    release = _hold_command("release", destination, rule, which)
    return (
        _sentence(first),
        *([f"Send in spite of it: {release}"] if releasable else ()),
        "Never send: " + _hold_command("block", destination, rule, which),
    )


def _hold_command(word: str, destination: str, rule: str, order_id: str) -> str:
    named = (
        f"{_BECAUSE} -- {order_id}" if order_id else f"--rule {quote(rule)} {_BECAUSE}"
    )
    return f"capi-jobs quarantine {word} --destination {quote(destination)} {named}"


def of_doubt(destination: str, order_id: str, *, by_itself: bool) -> tuple[str, ...]:
    """Wait for the resend; after the window look at the platform, then decide."""
    if by_itself:
        return (_WAIT,)
    return (
        "Look in the platform's event manager whether it has them.",
        "It has them: " + _command("ledger resolve", destination, order_id),
        "It has not (they may count twice): "
        + _command("ledger requeue", destination, order_id),
    )


def of_rejection(destination: str, order_id: str) -> tuple[str, ...]:
    """Mend what the platform named, then send again."""
    return (
        "Mend what the platform names, at the source or in the configuration.",
        "Then send again: " + _command("ledger requeue", destination, order_id),
    )


def of_gate(run_id: str, destination: str = "") -> tuple[str, str]:
    """Answer a run that asks: approve it and deliver, or hold it."""
    run = quote(run_id)
    if destination:
        run += f" --destination {quote(destination)}"
    return (
        f"capi-jobs approve {run} {_BECAUSE}",
        f"capi-jobs hold {run} {_BECAUSE}",
    )


def of_fault() -> str:
    """Say what to do when the books do not close."""
    return (
        "start a run over these days: it counts anew; if the books still do not close,"
        " report it as a bug"
    )


def _command(words: str, destination: str, order_id: str) -> str:
    # After `--`, an id that begins with a dash is an id still.
    return (
        f"capi-jobs {words} --destination {quote(destination)} {_BECAUSE}"
        f" -- {quote(order_id)}"
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
