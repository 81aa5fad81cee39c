"""What an audit found stays in the ledger, for pages that cannot wait for it."""

from decimal import Decimal

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.audits import KeptCause, KeptFinding
from tests.shop import Shop, an_order


def test_causes_and_their_orders_stay_in_the_ledger(shop: Shop) -> None:
    shop.configure(platforms=("meta",))
    rows = [an_order("o-1"), an_order("<b>o-2</b>", value="29.90")]
    shop.fill([*rows, an_order("o-3", is_test="true")])

    shop.capi("audit", "-i", shop.days, "--keep", code=3)

    with Ledger.open(f"sqlite:///{shop.folder}/ledger.db", create=False) as ledger:
        [kept] = ledger.latest_audits("meta-web", 9)
        causes = ledger.audit_causes("meta-web", kept.interval)
        cause = ("missing", "never_fired")
        found = ledger.audit_orders("meta-web", kept.interval, cause, limit=9)
    assert (kept.orders, kept.found["missing"]) == (3, 2)
    worth = {"EUR": Decimal("49.80")}
    assert causes == [
        KeptCause(kind=cause[0], cause=cause[1], orders=2, values=worth, detail="")
    ]
    assert [(one.order_id, one.value) for _, one in found] == [
        ("<b>o-2</b>", Decimal("29.90")),
        ("o-1", Decimal("19.90")),
    ]
    assert isinstance(found[0][1], KeptFinding)
    assert found[0][1].day is not None
