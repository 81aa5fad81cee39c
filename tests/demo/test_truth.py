from capi_jobs.demo.truth import Truth


def test_an_order_counts_once_for_a_kind() -> None:
    truth = Truth()
    for kind, order_id in [("b", "1"), ("b", "1"), ("b", "2"), ("a", "1")]:
        truth.note(kind, order_id)
    assert truth.counts() == {"a": 1, "b": 2}
    expected = [("b", "1"), ("b", "2"), ("a", "1")]
    assert expected == [(row["kind"], row["order_id"]) for row in truth.rows()]


def test_what_was_never_noted_counts_nothing() -> None:
    assert Truth().count("anything") == 0
