"""The general site's pages, the pages for what went wrong, and what every page of the site has in common."""

import pytest
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.utils.html import escape

from downloads.models import Product, Release, ReleaseFile
from infacta.urls import handler400, handler403, handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from tests import cast
from tests.customer import log_in
from tests.pages import Tags, footer_of, html_of, is_page, staff_addresses, words_of
from tests.staff import staff_log_in
from website.errors import csrf_failure

pytestmark = pytest.mark.django_db
POINTING = ("alternate", "P3Pv1")  # links that say what else there is; browsers load nothing of it
HOSTILE = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}&amp;'"""


def broken(request: HttpRequest) -> HttpResponse:
    """A view with a fault; its exception tells more than visitors should read."""
    raise {"bad": BadRequest, "forbidden": PermissionDenied}.get(request.GET.get("how", ""), RuntimeError)("the secret detail")


broken.login_required = False  # type: ignore[attr-defined]
urlpatterns = [*(path(f"{area}broken/", broken) for area in ("", "resources/", "staff/")), *site]


def read(address: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(address)
    assert answer.status_code == 200
    return words_of(answer.content.decode())


# The general site


def test_home_shows_the_first_products_and_how_it_goes():
    for number in range(8):
        cast.make_product(f"P{number}", f"Product {number}", "PRD")
    page = read("/")
    assert "Software from Infacta" in page
    assert [number for number in range(8) if f"Product {number} does one thing well." in page] == [0, 1, 2, 3, 4, 5]
    assert "All products" in page
    assert "You buy at one of our partners" in page


def test_an_empty_shop_says_what_to_do():
    assert "There are no products yet. Staff add them in the staff area" in read("/")
    assert "There is no product on this page." in read("/products/")


def test_products_have_pages_and_an_order():
    for number in range(30):
        Product.objects.filter(pk=cast.make_product(f"P{number}", f"Product {number:02}", "PRD").pk).update(position=30 - number)
    first, second = read("/products/"), read("/products/?page=2")
    assert "Product 29" in first
    assert "Product 06" in first
    assert "Product 05" not in first
    assert first.index("Product 29") < first.index("Product 28")
    assert "Product 05" in second
    assert "Product 00" in second
    assert "There is no product on this page" in read("/products/?page=3")


def test_a_product_shows_its_latest_published_release_and_leads_to_the_downloads(notebook, notebook_file):
    cast.make_file(notebook, "2.0", b"x" * 2048)
    Release.objects.filter(pk=cast.make_file(notebook, "3.0-rc.1").release_id).update(published_at=None)
    page = read("/products/notebook/")
    assert "Notebook does one thing well." in page
    assert "Version 2.0" in page
    assert "notebook-2.0.zip 2.0 KB" in page.replace("\xa0", " ")
    assert "1.0.zip" not in page
    assert "3.0-rc.1" not in page
    assert "/resources/" in Tags(Client().get("/products/notebook/").content.decode()).links()


def test_what_is_not_public_does_not_exist(notebook):
    Product.objects.update(is_public=False)
    assert "Notebook" not in read("/") + read("/products/")
    assert Client().get("/products/notebook/").status_code == 404


def test_contact_names_the_people_to_write_to(settings):
    html = Client().get("/contact/").content.decode()
    assert {f"mailto:{settings.SUPPORT_EMAIL}", f"mailto:{settings.PRIVACY_EMAIL}"} <= set(Tags(html).links())
    assert settings.VENDOR_ADDRESS in words_of(html).partition("Privacy of this visit")[0]


@pytest.mark.parametrize("address", ["/", "/products/", "/products/notebook/", "/contact/"])
def test_general_pages_are_read_only(notebook, address):
    assert Client().head(address).content == b""
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(Client(), method)(address)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


# What went wrong

ERRORS = [
    ("/no-such-page/", 404, "There is no such page", "Perhaps the address is misspelt"),
    ("/broken/", 500, "Something went wrong on our side", "Please try again in a minute"),
    ("/resources/broken/", 500, "Something went wrong on our side", "Please try again in a minute"),
    ("/staff/broken/", 500, "Something went wrong on our side", "Please try again in a minute"),
    ("/broken/?how=bad", 400, "We could not read this request", "Please go back and try again"),
    ("/broken/?how=forbidden", 403, "This is not open to you", "write to us, and we look into it"),
    ("/resources/broken/?how=forbidden", 403, "This is not open to you", "write to us, and we look into it"),
]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status", "headline", "advice"), ERRORS)
def test_errors_say_what_happened_and_what_to_do(alice, address, status, headline, advice):
    for client in (Client(raise_request_exception=False), log_in(alice, Client(raise_request_exception=False))):
        answer = client.get(address)
        html = answer.content.decode()
        assert (answer.status_code, is_page(answer)) == (status, True)
        assert f"<h1>{headline}</h1>" in html
        assert f"<title>{headline} · Infacta</title>" in html
        assert advice in words_of(html)
        assert {"/", "/contact/"} <= set(Tags(html).links())
        assert 'class="ribbon"' in footer_of(html)
        assert "secret detail" not in html
        assert "Traceback" not in html
        assert "Alice" not in html


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", [address for address, *_rest in ERRORS])
def test_errors_have_the_headers_of_every_page(address):
    answer = Client(raise_request_exception=False).get(address)
    assert_safe_headers(answer)
    assert ("no-store" in answer.get("Cache-Control", "")) == address.startswith(("/resources/", "/staff/"))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b", "", "testserver:abc"])
def test_a_wrong_host_is_a_400_in_the_sites_own_words(host):
    answer = Client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "We could not read this request" in words_of(answer.content.decode())
    assert host == "" or host not in answer.content.decode()
    assert_safe_headers(answer)


@pytest.mark.parametrize("address", ["/resources/log-in/", "/resources/password/forgotten/", "/staff/login/"])
def test_a_browser_that_refuses_cookies_is_told_so(browser_client, address):
    """The commonest cause of a form without its token (promises C9, C12)."""
    answer = browser_client.post(address, {"email": "a@example.com", "password": "x"})
    page = words_of(answer.content.decode())
    assert answer.status_code == 403
    assert "This form could not be accepted" in page
    assert "Most likely it refuses cookies" in page
    assert {address, "/privacy/cookies/"} <= set(Tags(answer.content.decode()).links())
    assert_safe_headers(answer)


def test_a_form_from_an_old_page_is_told_apart(alice, browser_client):
    browser_client.get("/resources/log-in/", follow=True)
    answer = browser_client.post("/resources/log-in/", {"email": alice.email, "password": cast.PASSWORD, "csrfmiddlewaretoken": "x" * 64})
    page = words_of(answer.content.decode())
    assert answer.status_code == 403
    assert "out of date" in page
    assert "refuses cookies" not in page


@pytest.mark.parametrize("path", ["//evil.example/resources/", "/\\evil.example/", "///evil.example"])
def test_the_page_to_load_again_is_never_another_sites(path):
    """No such path leads to a form today; should one ever, a browser would take the link for an address of another site."""
    request = RequestFactory().post("/", PATH_INFO=path)
    html = csrf_failure(request).content.decode()
    assert "/resources/" in Tags(html).links()
    assert "evil" not in html


HOSTILE_ADDRESSES = [
    "/%00",
    "/%ff%fe",
    "/%0d%0aSet-Cookie:%20x=1",
    "/..%2f..%2fetc/passwd",
    "/../../etc/passwd",
    "/static/../infacta/settings.py",
    "/static/%2e%2e/manage.py",
    "/" + "a" * 20_000,
    "/" + "a/" * 2_000,
    "/products/%00/",
    "/products/" + "a" * 5_000 + "/",
    "/products/%E2%80%AE/",
    "/products/' OR 1=1 --/",
    "/products/?page=%ff",
    "/products/?page=%00",
    "/products/?page=99999999999999999999999",
    "/products/?page=-1&page=x",
    "/products/?page[]=1",
    "/?" + "&".join(f"a{number}=1" for number in range(2_000)),
    "/privacy/%00/",
    "/privacy/../resources/",
    "/resources//",
    "/resources/%00",
    "/resources/products/0/",
    "/resources/products/99999999999999999999999/",
    "/resources/products/-1/",
    "/resources/products/１/",
    "/resources/downloads/00000000-0000-0000-0000-000000000000/",
    "/resources/downloads/x/",
    "/resources/password/%00/%00/",
    "/resources/password/../../",
    "/resources/log-in/?next=%00",
    "/resources/log-in/?next=" + "%0d%0a" * 10,
    "/partners/%00/notify/",
    "/partners/nobody/notify/",
    "/development/mail/../../etc/passwd",
    "/development/mail/000000000000000000000000/",
    "/staff/%00/",
    "/staff/accounts/user/%00/change/",
    "/staff/accounts/user/99999999999999999999999/change/",
    "/staff/accounts/user/?q=%00",
    "/staff/accounts/user/?p=99999999999999999999",
    "/staff/accounts/user/?is_staff__exact=%ff",
    "/staff/audit/auditevent/?q=%00",
    "/staff/audit/auditevent/?at__gte=%00&at__lt=x",
    "/staff/audit/auditevent/?kind__exact=%00",
    "/staff/downloads/releasefile/?release__id__exact=99999999999999999999",
    "/staff/r/x/1/",
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES, ids=lambda address: address[:40])
def test_no_address_breaks_anything(address, alice, alices, ada):
    """The clients raise whatever a view raises; nobody ever gets a 500."""
    for client in (Client(), log_in(alice), staff_log_in(ada)):
        answer = client.get(address)
        assert answer.status_code in (200, 301, 302, 400, 404), address
        assert "Set-Cookie" not in answer.headers
        assert_safe_headers(answer)


# Every page


def assert_safe_headers(answer: HttpResponse, referrer: str = "same-origin") -> None:
    policy = dict(rule.strip().partition(" ")[::2] for rule in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == policy["object-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "http" not in answer["Content-Security-Policy"], "no other site's script, style, font or picture"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == referrer
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert not {"Server", "X-Powered-By"} & set(answer.headers)


def assert_no_inline_code(html: str) -> None:
    tags = Tags(html)
    assert not tags.code.strip()
    for tag, attributes in tags.found:
        assert tag != "style"
        assert tag != "script" or attributes.get("src", "").startswith(("/static/", "/staff/jsi18n/"))
        assert tag != "link" or attributes["rel"] in POINTING or attributes["href"].startswith("/static/")
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (tag, attributes)
        for name in ("href", "src", "action", "formaction"):
            assert not attributes.get(name, "").strip().lower().startswith(("javascript:", "data:", "http:", "//")), (tag, attributes)


def test_every_page_has_safe_headers_and_no_inline_code(alice, every_address):
    for client in (Client(), log_in(alice)):
        for address in every_address:
            answer = client.get(address)
            if not address.startswith("/partners/"):
                assert_safe_headers(answer, "no-referrer" if "X-Robots-Tag" in answer else "same-origin")
            if is_page(answer):
                assert_no_inline_code(answer.content.decode())


def test_staff_pages_too(ada, alice, alices, notebook_file):
    client = staff_log_in(ada)
    for address in staff_addresses():
        assert_safe_headers(client.get(address))
    for html in html_of(client, staff_addresses()).values():
        assert_no_inline_code(html)


def test_pages_load_nothing_from_elsewhere(alice, every_address):
    """Whoever else delivered a font or a picture would learn of the visit."""
    for address, html in html_of(log_in(alice), every_address).items():
        loaded = [
            attributes.get("src") or attributes.get("href", "")
            for tag, attributes in Tags(html).found
            if tag not in ("a", "form") and attributes.get("rel") not in POINTING
        ]
        assert not [target for target in loaded if target and not target.startswith("/static/")], address


def test_closed_pages_are_kept_by_no_cache(alice, every_address):
    closed = ("/resources/", "/promotions/", "/downloads/files/", "/announcements/join/x-y/")
    closed += (
        "/support/cases/",
        "/support/receipts/",
        "/support/diagnostics/x-y/",
        "/privacy/your-data/proof/",
        "/privacy/your-data/report/",
        "/privacy/erasure/",
        "/healthz",
        "/readyz",
    )
    client = log_in(alice)
    for address in every_address:
        cache = client.get(address).get("Cache-Control", "")
        if address.startswith("/resources/downloads/") and "no-store" not in cache:
            assert cache == "private, no-cache, no-transform", "a file may be resumed, so a browser may keep it, after asking"
        else:
            assert ("no-store" in cache) == address.startswith(closed), address


def test_staff_pages_are_kept_by_no_cache(ada, alice):
    client = staff_log_in(ada)
    for address in staff_addresses():
        assert "no-store" in client.get(address)["Cache-Control"] or "/jsi18n/" in address, address


@pytest.mark.parametrize("address", ["/resources/", "/resources/account/", "/resources/log-in/", "/staff/", "/resources/no-such-page/"])
def test_strangers_redirects_and_errors_are_kept_by_no_cache_either(address):
    assert Client().get(address)["Cache-Control"].split(", ")[-1] in ("no-store", "private")
    assert "no-store" in Client().get(address)["Cache-Control"]


def test_pages_that_depend_on_the_browsers_cookies_say_so(alice, every_address):
    for client in (Client(), log_in(alice)):
        for address in html_of(client, every_address):
            assert "Cookie" in client.get(address)["Vary"], address


def test_hostile_texts_stay_texts(alice, alices, notebook, notebook_file, ada):
    Product.objects.update(name=HOSTILE[:100], tagline=HOSTILE, description=f"{HOSTILE}\n\n{HOSTILE}")
    Release.objects.update(version=HOSTILE[:50], notes=HOSTILE)
    ReleaseFile.objects.update(name=HOSTILE)
    type(alice).objects.filter(pk=alice.pk).update(name=HOSTILE[:60], company=HOSTILE, address1=HOSTILE, telephone="<b>1</b>")
    client = Client(headers={"User-Agent": HOSTILE})
    log_in(alice, client)
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    addresses = ["/", "/products/", "/products/notebook/", "/resources/", f"/resources/products/{alices.pk}/", "/resources/account/"]
    pages = html_of(client, addresses) | html_of(staff_log_in(ada), staff_addresses())
    for address, html in pages.items():
        assert "<script>alert" not in html, address
        assert "<img src=x" not in html, address
        assert_no_inline_code(html)
    for address in addresses:
        assert escape(HOSTILE[:20]) in pages[address]
    assert "greeting" not in client.cookies, "what holds a link is no name"
    assert "{{ 7*7 }}" in words_of(pages["/"])


@pytest.mark.parametrize("address", ["/resources/log-in/", "/staff/login/", "/resources/password/forgotten/"])
def test_what_a_form_sends_back_is_escaped(address):
    page = Client().post(address, {"email": HOSTILE, "password": HOSTILE, "next": HOSTILE}).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert_no_inline_code(page)
    assert cast.PASSWORD not in page


def test_an_address_is_not_echoed_into_the_page():
    html = Client().get("/<script>alert(1)</script>/?q=<script>alert(2)</script>").content.decode()
    assert "alert" not in html


def test_no_page_gives_its_navigation_to_anothers(alice, bob):
    """Pieces of pages are kept for a minute: a page of customer resources that has the general navigation changes nobody else's."""
    inside, wrong = log_in(alice), {"password": "wrong"}
    assert 429 in [inside.post("/resources/confirm/", wrong).status_code for _try in range(12)]
    cache.clear()  # as after a minute
    assert inside.post("/resources/confirm/", wrong).status_code == 429
    assert b"Log out</button>" in log_in(bob).get("/resources/account/").content
    assert b"Log out</button>" not in Client().get("/products/").content
