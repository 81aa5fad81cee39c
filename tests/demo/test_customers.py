import ipaddress
from collections.abc import Iterator

import phonenumbers
import pytest

from capi_jobs.demo.customers import DOMAINS, Customer, customers
from capi_jobs.demo.market import MARKETS


@pytest.fixture(scope="module")
def people() -> list[Customer]:
    pools = customers(4_000, seed=1)
    return [person for pool in pools.values() for person in pool]


def test_every_market_has_customers() -> None:
    assert {market.country for market in MARKETS} == set(customers(500, seed=1))


def test_addresses_lie_under_example_domains_and_are_unique(
    people: list[Customer],
) -> None:
    addresses = [person.email for person in people]
    assert set(DOMAINS) == {address.partition("@")[2] for address in addresses}
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() and " " not in address for address in addresses)


def test_every_phone_is_valid_in_its_country_however_written(
    people: list[Customer],
) -> None:
    def invalid() -> Iterator[str]:
        for person in people:
            number = phonenumbers.parse(person.phone, person.market.country)
            if not phonenumbers.is_valid_number(number):
                yield person.phone

    assert list(invalid()) == []


def test_every_address_of_a_customer_is_public(people: list[Customer]) -> None:
    assert all(ipaddress.ip_address(person.ip).is_global for person in people)
