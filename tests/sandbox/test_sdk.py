"""Meta's own Python SDK, a real client, gets from the sandbox what it expects."""

from collections.abc import Callable, Iterator

import pytest
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event as SdkEvent
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_response import EventResponse
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from capi_jobs.sandbox import SandboxSettings, running
from tests.sandbox.builders import NOON, NOW, TOKEN

Send = Callable[..., EventResponse]


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Send]:
    """Meta's SDK, aimed at a sandbox that checks its proof."""
    settings = SandboxSettings(meta_app_secret="secret", machine_time=lambda: NOW)
    with running(settings) as url:
        monkeypatch.setattr(FacebookSession, "GRAPH", f"{url}/meta")

        def send(*events: SdkEvent, token: str = TOKEN) -> EventResponse:
            FacebookAdsApi.init("app", "secret", token, crash_log=False)
            return EventRequest(events=list(events), pixel_id="123").execute()

        yield send
        FacebookAdsApi.get_default_api()._session.requests.close()


def sdk_event(order: str = "o-1", seconds: int = NOON) -> SdkEvent:
    return SdkEvent(
        event_name="Purchase",
        event_time=seconds,
        event_id=order,
        event_source_url="https://shop.example/thanks",
        action_source=ActionSource.WEBSITE,
        user_data=UserData(
            emails=["Joe@EG.com "],
            phones=["+44 20 7946 0958"],
            country_codes=["GB"],
            client_ip_address="203.0.113.7",
            client_user_agent="Mozilla/5.0",
            fbc="fb.1.1554763741205.AbCdEfGhIjKl",
            fbp="fb.1.1558571054389.1098115397",
        ),
        custom_data=CustomData(
            value=142.52,
            currency="USD",
            order_id=order,
            contents=[Content(product_id="sku", quantity=1, item_price=142.52)],
        ),
    )


def test_metas_own_sdk_gets_the_answer_it_expects(sdk: Send) -> None:
    response = sdk(sdk_event("1"), sdk_event("2"))

    assert (response.events_received, response.messages) == (2, [])
    assert response.fbtrace_id.startswith("A")


def test_metas_own_sdk_understands_a_refusal(sdk: Send) -> None:
    with pytest.raises(FacebookRequestError) as refused:
        sdk(sdk_event(seconds=NOON - 8 * 86400))
    error = refused.value

    assert (
        error.http_status(),
        error.api_error_code(),
        error.api_error_subcode(),
    ) == (400, 100, 2804003)
    assert error.api_transient_error() is False


def test_metas_own_sdk_understands_a_bad_token(sdk: Send) -> None:
    with pytest.raises(FacebookRequestError) as refused:
        sdk(sdk_event(), token="invalid-EAAB")

    assert refused.value.api_error_code() == 190


def test_metas_own_sdk_can_be_told_which_event_was_bad(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = SandboxSettings(meta_names_index=True, machine_time=lambda: NOW)
    with running(settings) as url:
        monkeypatch.setattr(FacebookSession, "GRAPH", f"{url}/meta")
        FacebookAdsApi.init("app", "secret", TOKEN, crash_log=False)
        events = [sdk_event("1"), sdk_event("2", seconds=1)]
        with pytest.raises(FacebookRequestError) as refused:
            EventRequest(events=events, pixel_id="123").execute()
        FacebookAdsApi.get_default_api()._session.requests.close()

    expected = [["data", "1", "event_time"]]
    assert refused.value.api_blame_field_specs() == expected
