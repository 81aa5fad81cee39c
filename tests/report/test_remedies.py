import shlex

from capi_jobs.report import remedies


def test_a_hostile_order_id_stays_one_argument() -> None:
    order_id = '-x\'; rm -rf / "$(id)"'
    told = remedies.of_rejection("meta eu", order_id)[1]
    words = shlex.split(told.partition(": ")[2])
    assert [
        *("capi-jobs", "ledger", "requeue", "--destination", "meta eu"),
        *("--because", "…", "--", order_id),
    ] == words


def test_inside_the_window_nobody_has_to_act() -> None:
    (told,) = remedies.of_doubt("meta", "o1", by_itself=True)
    assert told.startswith("Nothing: the next run sends them again")


def test_a_rules_own_advice_comes_first() -> None:
    assert remedies.of_hold("meta", "a_rule", "fill it", ["o1"])[0] == "Fill it."
    general = remedies.of_hold("meta", "a_rule", "", ["o1"])[0]
    assert general == "Mend the row at its source: the next run looks again."


def test_one_held_order_is_named_and_of_several_their_rule() -> None:
    one = remedies.of_hold("meta", "a_rule", "", ["o1"])[1]
    assert one.endswith('quarantine release --destination meta --because "…" -- o1')
    many = remedies.of_hold("meta", "a_rule", "", ["o1", "o2"])[2]
    assert many.endswith(
        'quarantine block --destination meta --rule a_rule --because "…"'
    )


def test_what_cannot_be_sent_at_all_is_not_offered_for_release() -> None:
    told = remedies.of_hold("meta", "a_rule", "", ["o1"], releasable=False)
    assert [line for line in told if "release" in line] == []
    assert len(told) == 2
