"""What `plan` shows of match quality."""

from tests.shop import Shop, an_order


def test_plan_names_the_one_change_that_would_help_matching_most(shop: Shop) -> None:
    phones = ["020 7946 0018", "+44 20 7946 0018", None, "+44 20 7946 0018"]
    shop.fill(
        [
            an_order(f"o-{n}", phone=phone, country=None, currency="GBP")
            for n, phone in enumerate(phones)
        ]
    )
    words = ("plan", "-i", shop.days)

    says = (
        '33% of phone values lack a country code; default_country = "GB" would lift'
        " phone coverage from 50% to 75%"
    )
    assert says in shop.capi(*words).out
    [advice] = shop.capi(*words, "--json").json["destinations"][0]["advice"]
    assert advice["says"].startswith(says)
    assert (advice["coverage"], advice["coverage_after"]) == (0.5, 0.75)
