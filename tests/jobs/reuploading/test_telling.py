from decimal import Decimal

from capi_jobs.jobs.reuploading.line import Action, Line
from capi_jobs.jobs.reuploading.telling import (
    LINES_KEPT,
    DestinationTold,
    Explained,
    not_found_lines,
)


def lines(count: int, action: Action, reason: str = "r", **more: bool) -> list[Line]:
    return [
        Line(
            destination="m",
            order_id=f"o-{n}",
            was="delivered",
            action=action,
            reason=reason,
            why="because",
            value=Decimal("1.50"),
            currency="EUR",
            **more,
        )
        for n in range(count)
    ]


def test_a_few_lines_of_each_kind_are_kept_and_all_are_counted() -> None:
    told = DestinationTold("m")
    for _ in range(3):
        told.add(lines(1_000, Action.SEND_AGAIN, twice=True))
    told.add(lines(2, Action.REFUSE, "test"))

    assert len(list(told.lines)) == LINES_KEPT + 2
    assert (told.orders, told.going.orders, told.of(Action.REFUSE)) == (3_002, 3_000, 2)
    assert told.twice.as_json() == {"orders": 3_000, "values": {"EUR": "4500.00"}}


def test_what_is_refused_for_want_of_a_word_is_told_apart() -> None:
    told = DestinationTold("m")
    told.add(lines(3, Action.REFUSE, needs_word=True))
    told.add(lines(4, Action.REFUSE, "test"))

    assert told.needs_word.orders == 3
    assert Explained((told,)).needs_person
    assert told.going.orders == 0


def test_what_delivery_or_a_word_does_is_counted_beside_what_goes() -> None:
    told = DestinationTold("m")
    told.add([*lines(1, Action.RESOLVE), *lines(2, Action.RESEND)])

    assert (told.of_moves, told.going.orders) == (3, 0)


def test_ids_that_are_not_there_take_a_person() -> None:
    assert Explained((), ("x",)).needs_person
    assert not Explained((DestinationTold("m"),)).needs_person
    [line] = not_found_lines(["x"])
    assert (line.order_id, line.action) == ("x", Action.NOT_FOUND)
