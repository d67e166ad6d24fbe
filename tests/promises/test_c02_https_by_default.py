"""C2: the customer resources area is reached over HTTPS alone; plain HTTP shows none of its pages."""

from collections.abc import Iterator

import pytest

from tests.pages import addresses
from tests.server import ask, served

HOST = "customers.vendor.example"
AREA = [
    path
    for path in addresses(
        slug="none",
        pk=1,
        file=1,
        key="00000000-0000-4000-8000-000000000000",
        key_id="0",
        uid="MQ",
        token="x-y",
        name="0" * 24,
        code=1,
        prefix="00",
        secret="x",
        access="x",
        reference="x",
        number="x",
        area="general",
        digest="0" * 12,
    )
    if path.startswith("/resources/")
]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[int]:
    """A site whose public address begins with https, as production demands."""
    with served(tmp_path_factory.mktemp("site"), SITE_URL=f"https://{HOST}", TRUSTED_PROXIES="127.0.0.1") as port:
        yield port


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_c02_plain_http_shows_no_page_and_sets_no_cookie(site, method):
    assert len(AREA) >= 10
    for path in AREA:
        answer = ask(site, path, method, "email=alice@example.com&password=x" if method == "POST" else "", Host=HOST)
        assert (answer.status, answer.headers["Location"], answer.text) == (301, f"https://{HOST}{path}", ""), path
        assert "Set-Cookie" not in answer.headers, path


def test_c02_over_https_the_page_is_there_and_binds_the_browser_to_https(site):
    answer = ask(site, "/resources/log-in/", Host=HOST, X_Forwarded_Proto="https", Cookie="__Secure-cookie_check=1")
    assert answer.status == 200
    assert 'type="password"' in answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    cookies = answer.headers.get_all("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith(("__Host-", "__Secure-"))
        assert "Secure" in cookie.split("; ")


def test_c02_a_strangers_word_for_https_is_not_believed(tmp_path):
    """Only a proxy of ours may say that it spoke HTTPS with the visitor."""
    with served(tmp_path, SITE_URL=f"https://{HOST}", TRUSTED_PROXIES="192.0.2.1") as port:
        assert ask(port, "/resources/log-in/", Host=HOST, X_Forwarded_Proto="https").status == 301
