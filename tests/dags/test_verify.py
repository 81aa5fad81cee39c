"""capi_verify from end to end: the ledger is looked after, nothing is sent."""

import pytest

from tests.dags.stage import Stage
from tests.shop import Shop, an_order

pytestmark = pytest.mark.filterwarnings("default")  # Airflow's own warnings


def test_the_morning_after_a_good_night_is_green(shop: Shop, stage: Stage) -> None:
    shop.fill([an_order("o-1")])
    stage.play("capi_nightly")

    played = stage.play("capi_verify")

    assert played.tasks == dict.fromkeys(
        ("sweep", "arrival", "balance", "retention"), "success"
    )
    assert shop.counted() == {"o-1": 1}


def test_a_token_that_may_not_read_is_named(shop: Shop, stage: Stage) -> None:
    shop.fill([an_order("o-1")])
    stage.play("capi_nightly")
    (shop.folder / "token").unlink()

    played = stage.play("capi_verify")

    assert played.tasks == {
        "sweep": "success",
        "arrival": "failed",
        "balance": "success",
        "retention": "success",
    }
