"""R1: the promotions area is reached over HTTPS alone; plain HTTP shows none of its pages, and sets no cookie."""

from collections.abc import Iterator

import pytest

from tests.pages import addresses
from tests.server import ask, served

HOST = "customers.vendor.example"
VALUES = dict.fromkeys(
    ("slug", "file", "key", "key_id", "uid", "token", "name", "prefix", "secret", "access", "reference", "number", "area", "digest"), "x"
)
AREA = [path for path in addresses(**VALUES, pk=1, code=1) if path.startswith("/promotions/")]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[int]:
    """A site whose public address begins with https, as production demands."""
    with served(tmp_path_factory.mktemp("site"), SITE_URL=f"https://{HOST}", TRUSTED_PROXIES="127.0.0.1") as port:
        yield port


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_r01_plain_http_shows_no_page_and_sets_no_cookie(site, method):
    assert len(AREA) >= 6
    for path in AREA:
        answer = ask(site, path, method, "code=WELCOME26&email=alice@example.com" if method == "POST" else "", Host=HOST)
        assert (answer.status, answer.headers["Location"], answer.text) == (301, f"https://{HOST}{path}", ""), path
        assert "Set-Cookie" not in answer.headers, path


def test_r01_over_https_the_page_is_there_and_binds_the_browser_to_https(site):
    answer = ask(site, "/promotions/", Host=HOST, X_Forwarded_Proto="https")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert "Set-Cookie" not in answer.headers


def test_r01_a_strangers_word_for_https_is_not_believed(tmp_path):
    """Only a proxy of ours may say that it spoke HTTPS with the visitor."""
    with served(tmp_path, SITE_URL=f"https://{HOST}", TRUSTED_PROXIES="192.0.2.1") as port:
        assert ask(port, "/promotions/", Host=HOST, X_Forwarded_Proto="https").status == 301
