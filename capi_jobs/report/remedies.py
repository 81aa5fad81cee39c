"""What a person can do about an order, as sentences and commands to type."""

from shlex import quote

# The order ids stand beside the command; one example shows how it is typed.
_BECAUSE = '--because "…"'
_WAIT = (
    "Nothing: the next run sends them again under the same event id, which the platform"
    " still deduplicates."
)


def of_hold(destination: str, order_id: str, do: str) -> tuple[str, ...]:
    """Mend the source, or let the order go, or never send it."""
    first = do or "mend the row at its source: the next run looks again"
    return (
        _sentence(first),
        "Send in spite of it: " + _command("quarantine release", destination, order_id),
        "Never send: " + _command("quarantine block", destination, order_id),
    )


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
