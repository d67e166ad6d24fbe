"""The client's address is believed only as far as our own proxies vouch for it (ASVS 4.1.3)."""

import pytest
from django.test import RequestFactory

from infacta.network import belongs, client_ip, network_of, region_of


@pytest.fixture(autouse=True)
def proxies(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1", "10.0.0.0/8"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "not an address", None),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("127.0.0.1", "fe80::1%25eth0", "fe80::1"),
        ("", None, None),
    ],
)
def test_the_nearest_address_that_is_not_ours(peer, forwarded, believed):
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, **headers)) == believed


def test_without_proxies_nobody_is_believed(settings):
    settings.TRUSTED_PROXIES = []
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.1")) == "127.0.0.1"


def test_an_ipv6_neighbourhood_counts_as_one_network():
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::ffff") == "2001:db8:1:2::/64"
    assert network_of("198.51.100.1") == "198.51.100.1"
    assert network_of(None) == "unknown"


def test_addresses_of_one_region_are_not_far_apart():
    assert region_of("198.51.100.1") == region_of("198.51.3.4") == "198.51.0.0/16"
    assert region_of("2001:db8:1::1") == region_of("2001:db8:ffff:2::5") == "2001:db8::/32"
    assert region_of("198.52.100.1") != region_of("198.51.100.1")
    assert region_of("::1") == "::/32"


def test_an_ipv4_address_written_as_ipv6_is_the_same():
    assert belongs("::ffff:10.2.3.4", ["10.0.0.0/8"])
    assert not belongs("nonsense", ["10.0.0.0/8"])
