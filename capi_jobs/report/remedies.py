"""What a person can do about an order, as sentences and commands to type."""

from collections.abc import Sequence
from shlex import quote

# The order ids stand beside the command; one example shows how it is typed.
_BECAUSE = '--because "…"'
_WAIT = (
    "Nothing: the next run sends them again under the same event id, which the platform"
    " still deduplicates."
)


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


def of_gate(run_id: str) -> tuple[str, str]:
    """Answer a run that asks."""
    run = quote(run_id)
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
