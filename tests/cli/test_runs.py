import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.shop import ACCOUNTS, PERSONAL, TOKEN, Shop, an_order, orders, typed

ASKS = "ask_first_run = true"


def _dump(shop: Shop) -> list[str]:
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db:
        return list(db.iterdump())


def test_plan_shows_what_would_happen_and_writes_nothing(shop: Shop) -> None:
    shop.fill([*orders(3), an_order("bad", value="-5"), an_order("no", consent="no")])
    shop.run()
    shop.fill([an_order("new", value="0.10"), an_order("worse", value="-1")])
    before = _dump(shop)

    said = shop.capi("plan", "-i", shop.days)

    assert _dump(shop) == before
    assert shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
    assert "would send 1 order in 1 request: 0.10 EUR" in said.out
    assert "would hold 2: value_negative 2" in said.out
    assert "consent_denied" in said.out
    assert "match keys (website): forecast" in said.out
    assert said.err == ""


def test_looking_makes_no_ledger_where_there_is_none(shop: Shop) -> None:
    shop.fill(orders(1))

    shop.capi("plan", "-i", shop.days)
    shop.capi("run", "-i", shop.days, "--dry-run")
    shop.capi("report", "--json")
    shop.capi("quarantine", "list")
    shop.capi("ledger", "list")

    assert not (shop.folder / "ledger.db").exists()


def test_plan_as_json_has_the_balance_under_fixed_names(shop: Shop) -> None:
    shop.fill([*orders(2), an_order("bad", value="-5")])

    told = shop.capi("plan", "-i", shop.days, "--json").json

    (one,) = told["destinations"]
    assert (one["name"], one["platform"]) == ("meta-web", "meta")
    assert one["classes"]["missing"] == {"orders": 3, "values": {"EUR": "34.80"}}
    assert one["remainder"] == {"orders": 0, "values": {}}
    assert one["to_send"] == {
        "orders": 2,
        "enrichments": 0,
        "values": {"EUR": "39.80"},
        "requests": 1,
    }
    assert one["would_hold"] == {"value_negative": 1}
    assert one["gate"] == {"verdict": "pass", "reasons": []}
    assert set(told) == {"as_of", "destinations"}


def test_plan_decides_as_if_it_were_another_time(shop: Shop) -> None:
    shop.fill(orders(2))
    later = datetime.now(UTC) + timedelta(days=7)

    (one,) = shop.capi(
        "plan", "-i", shop.days, "--as-of", later.isoformat(), "--json"
    ).json["destinations"]

    assert one["classes"]["expired"]["orders"] == 2
    assert one["to_send"]["orders"] == 0


@pytest.mark.parametrize("as_of", ["noon", "9999-12-31", "0001-01-01", "1969-12-31"])
def test_another_time_that_is_none_is_a_mistake_of_usage(
    shop: Shop, as_of: str
) -> None:
    assert "--as-of" in shop.capi("plan", "--as-of", as_of, code=2).err


def test_plan_says_that_the_gate_would_ask(shop: Shop) -> None:
    """And does not ask: nothing waits for an answer, so it leaves with 0."""
    shop.configure(gate=ASKS).fill(orders(2))

    said = shop.capi("plan", "-i", shop.days)

    assert "? would ask: it is the first run of meta-web" in said.out


def test_a_run_sends_each_order_once_and_the_next_one_nothing(shop: Shop) -> None:
    shop.fill(orders(3))

    (first,) = shop.run()["destinations"]
    (second,) = shop.run()["destinations"]

    assert first["sent"]["delivered"] == 3
    assert second["sent"]["delivered"] == second["sent"]["requests"] == 0
    assert shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
    assert shop.classes() == {"delivered": 3}


def test_a_run_as_json_has_stable_names(shop: Shop) -> None:
    shop.fill([*orders(1), an_order("bad", value="-5")])

    told = shop.run()

    assert set(told) == {"run_id", "interval", "status", "destinations"}
    assert told["status"] == "done"
    (one,) = told["destinations"]
    assert one == {
        "name": "meta-web",
        "status": "done",
        "gate": "pass",
        "gate_reasons": [],
        "sent": {
            "delivered": 1,
            "rejected": 0,
            "in_doubt": 0,
            "released": 0,
            "too_late": 0,
            "already_known": 0,
            "resent": 0,
            "requests": 1,
            "stopped": None,
            "interrupted": False,
        },
        "held": {"value_negative": 1},
    }


def test_a_run_tells_people_what_it_did_and_where_to_look(shop: Shop) -> None:
    shop.fill([*orders(1), an_order("bad", value="-5"), an_order("refused")])
    shop.faults({"do": "refuse", "when": {"order_id": ["refused"]}})

    said = shop.capi("run", "-i", shop.days, code=3)

    (row,) = [line.split() for line in said.out.splitlines() if "meta-web" in line]
    assert row[:5] == ["meta-web", "1", "1", "0", "0"]
    assert row[-1] == "done"
    assert "Held by a rule: see `capi-jobs quarantine list`." in said.out
    assert "see `capi-jobs ledger list --status rejected`." in said.out
    assert shop.classes() == {"delivered": 1, "held": 1, "rejected": 1}


def test_a_run_asks_the_first_time_and_says_how_to_answer(shop: Shop) -> None:
    shop.configure(gate=ASKS).fill(orders(2))

    said = shop.capi("run", "-i", shop.days, code=3)

    assert "waits for approval" in said.out
    assert "? meta-web: it is the first run of meta-web" in said.out
    assert "--because '…'" in said.out
    assert "capi-jobs approve 20" in said.out
    assert shop.counted() == {}
    assert shop.classes() == {"missing": 2}


def test_a_run_that_asks_says_so_as_json(shop: Shop) -> None:
    shop.configure(gate=ASKS).fill(orders(2))

    told = shop.run(code=3)

    assert told["status"] == "waiting"
    (one,) = told["destinations"]
    assert (one["status"], one["gate"], one["sent"]) == ("waiting", "ask", None)
    assert [r["rule"] for r in one["gate_reasons"]] == ["first_run", "no_sent_events"]


def test_a_dry_run_is_a_plan(shop: Shop) -> None:
    shop.fill(orders(2))

    told = shop.run("--dry-run")

    assert told["destinations"][0]["to_send"]["orders"] == 2
    assert shop.counted() == {}
    assert shop.capi("ledger", "list", "--json").lines == []


def test_only_the_destinations_named_are_served(shop: Shop) -> None:
    shop.configure(platforms=("meta", "tiktok", "snapchat")).fill(orders(1))

    told = shop.run("-d", "tiktok-web", "-d", "snapchat-web", "-d", "tiktok-web")

    assert [d["name"] for d in told["destinations"]] == ["tiktok-web", "snapchat-web"]
    counted = [shop.counted(platform) for platform in ACCOUNTS]
    assert counted == [{}, {"o-1": 1}, {"o-1": 1}]


@pytest.mark.parametrize("command", ["plan", "run", "report"])
def test_an_unknown_destination_is_a_mistake_of_usage(shop: Shop, command: str) -> None:
    said = shop.capi(command, "-d", "mata-web", code=2)

    assert "mata-web" in said.err
    assert "meta-web" in said.err


def _reads(shop: Shop, interval: str) -> list[str]:
    told = shop.capi("plan", "-i", interval, "--json").json
    return [
        day["day"]
        for one in told["destinations"]
        for day in one["days"]
        if day["orders"]
    ]


def test_intervals_are_days_times_or_yesterday(shop: Shop) -> None:
    shop.configure(orders='relation = "orders"\nlookback = "0s"')
    now = datetime.now(UTC)
    noons = [
        (now - timedelta(days=ago)).replace(hour=12, minute=0, second=0)
        for ago in (3, 2, 1)
    ]
    shop.fill(
        [
            an_order(f"{t:%d}", completed_at=t.isoformat(timespec="seconds"))
            for t in noons
        ]
    )
    days = [f"{noon:%Y-%m-%d}" for noon in noons]

    assert _reads(shop, days[0]) == days[:1]
    assert _reads(shop, f"{days[0]}..{days[1]}") == days[:2]
    assert _reads(shop, f"{days[1]}T12:00..{days[2]}T12:00") == days[1:2]
    assert _reads(shop, f"{days[1]}T12:00Z..{days[2]}T12:00:01Z") == days[1:]
    assert _reads(shop, "yesterday") == days[2:]
    assert _reads(shop, "") == days[2:]


@pytest.mark.parametrize(
    "interval",
    [
        "last week",
        "2026-13-01",
        "2026-11-22..2026-11-20",
        "2026-11-20T12:00..2026-11-20T12:00",
        "1900-01-01",
        "9999-12-31",
        "0001-01-01..2026-11-22",
        "2001-01-01..2026-11-22",
        "..",
    ],
)
def test_an_interval_that_is_none_is_a_mistake_of_usage(
    shop: Shop, interval: str
) -> None:
    said = shop.capi("run", "-i", interval, code=2)

    assert "--interval" in said.err
    assert said.out == ""


def test_options_can_come_from_the_environment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(orders(1))
    monkeypatch.setenv("CAPI_JOBS_CONFIG", str(shop.config))
    monkeypatch.setenv("CAPI_JOBS_INTERVAL", shop.days)
    monkeypatch.setenv("CAPI_JOBS_JSON", "1")

    said = typed("run")

    assert said.json["destinations"][0]["sent"]["delivered"] == 1


def test_nothing_personal_and_no_token_is_said_or_kept(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    shop.configure(platforms=("meta", "tiktok", "snapchat"))
    shop.fill([*orders(2), an_order("bad", value="-5"), an_order("no")])
    shop.faults({"do": "refuse", "when": {"order_id": ["no"]}})

    shown = [
        shop.capi("--verbose", "run", "-i", shop.days, code=3),
        shop.capi("run", "-i", shop.days),
        shop.capi("report"),
        shop.capi("report", "--json", "--html", str(shop.folder / "r.html")),
        shop.capi("quarantine", "list", "--json"),
        shop.capi("ledger", "list", "--json"),
        shop.capi("ledger", "show", "no"),
    ]
    said = "".join(one.out + one.err for one in shown) + caplog.text
    kept = b"".join(path.read_bytes() for path in shop.folder.glob("ledger.db*"))
    kept += (shop.folder / "r.html").read_bytes()

    for secret in (*PERSONAL, TOKEN, "Ada", "93.184.216.34"):
        assert secret not in said
        assert secret.encode() not in kept


@pytest.mark.parametrize("problem", ["missing", "empty"])
def test_a_run_without_its_secrets_begins_nothing(shop: Shop, problem: str) -> None:
    shop.configure(platforms=("meta", "tiktok")).fill(orders(1))
    if problem == "missing":
        (shop.folder / "token").unlink()
    else:
        (shop.folder / "token").write_text(" \n")

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "destination meta-web, token" in said.err
    assert "destination tiktok-web, token" in said.err
    assert (
        "there is no run yet" in shop.capi("approve", "latest", "-b", "x", code=1).err
    )
