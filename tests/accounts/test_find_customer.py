"""Staff find the customer who writes or calls, by what that customer can tell; masked, recorded, and not by the hundred."""

import pytest
from django.db import connection

from accounts.customer_search import MOST, by_name_and_postal_code, searches
from accounts.models import User
from audit.models import AuditEvent
from downloads.models import UnlockCode
from tests.pages import words_of
from tests.staff import find, staff_log_in
from tests.staff_rows import make_rows

pytestmark = pytest.mark.django_db
PAGE = "/staff/customers/find/"


@pytest.fixture
def desk(sam):
    return staff_log_in(sam)


def hits(page: str) -> int:
    return page.count("Open the record")


def sought() -> AuditEvent:
    return AuditEvent.objects.get(kind="customer.sought")


def test_each_room_says_what_it_knows_customers_by(desk):
    assert [search.by for search in searches] == ["address", "unlock_code", "order"]
    assert "One of these, exactly: e-mail address, unlock code, order reference" in words_of(desk.get(PAGE).content.decode())


@pytest.mark.parametrize("typed", ["alice@example.com", " ALICE@example.COM ", "Alice@example.com"])
def test_by_the_address_however_it_is_typed(desk, sam, alice, bob, typed):
    page = find(desk, typed)
    assert hits(page) == 1
    assert "A…@e….com" in page
    event = sought()
    told = {"role": "Support", "by": ["address"], "found": 1}
    assert (event.user, event.actor, event.detail) == (alice, sam, told)


def test_by_the_unlock_code_as_it_is_read_out(desk, alice, bob):
    code = UnlockCode.objects.get(entitlement__user=alice).code
    assert hits(find(desk, code.lower().replace("-", " "))) == 1
    assert sought().detail["by"] == ["unlock_code"]


def test_by_the_order_reference(desk, alice, alices, bob, notebook_file):
    make_rows(alice, alices, notebook_file)
    assert hits(find(desk, f"ORDER-{alice.pk}")) == 1
    assert sought().detail["by"] == ["order"]


@pytest.mark.parametrize("postal_code", ["H91 XR5A", "h91xr5a", " H91  XR5A "])
def test_by_name_and_postal_code(desk, alice, bob, postal_code):
    page = desk.post(PAGE, {"name": "alice  archer", "postal_code": postal_code}).content.decode()
    assert hits(page) == 1
    assert sought().detail == {"role": "Support", "by": ["name"], "found": 1}


@pytest.mark.parametrize(
    "typed",
    [
        "alice",
        "alice@",
        "@example.com",
        "Archer",
        "lice@example.com",
        "%",
        "a_ice@example.com",
        "NTE-",
        "1",
        "'",
        "Alice Archer",
        "x" * 254,
    ],
)
def test_nothing_is_found_by_a_part(desk, alice, typed):
    page = find(desk, typed)
    assert hits(page) == 0
    assert "Nobody. Please check the spelling" in page
    assert sought().user is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"typed": ""},
        {"name": "Alice Archer"},
        {"postal_code": "H91 XR5A"},
        {"typed": "alice@example.com", "name": "Alice Archer", "postal_code": "H91 XR5A"},
        {"typed": "x" * 255},
        {"typed": "   "},
    ],
)
def test_a_form_that_says_nothing_exact_seeks_nobody(desk, alice, form):
    page = desk.post(PAGE, form)
    assert page.status_code == 200
    assert hits(page.content.decode()) == 0
    assert not AuditEvent.objects.filter(kind="customer.sought").exists()


@pytest.mark.parametrize("typed", ["a\x00b", "\ud83d", "ǅ@exämple.com", "‮moc.elpmaxe@ecila", "a" * 100 + "@" + "b" * 100 + ".com"])
def test_nothing_that_is_typed_breaks_it(desk, alice, typed):
    assert desk.post(PAGE, {"typed": typed.encode("utf-8", "surrogatepass")}).status_code in (200, 400)


def test_hits_are_masked(desk, alice):
    words = words_of(find(desk, alice.email).partition('class="hits"')[2].partition("</ul>")[0])
    assert "A…@e….com , A…, Galway" in words
    for hidden in ("Alice", "Archer", "example", alice.postal_code, alice.telephone, alice.company):
        assert hidden not in words


def test_staff_are_not_among_the_customers(desk, ada, sam):
    assert hits(find(desk, ada.email)) == 0
    assert hits(find(desk, sam.email)) == 0


def test_what_was_typed_is_kept_nowhere(desk, alice):
    find(desk, "somebody@else.example")
    desk.post(PAGE, {"name": "Some Body", "postal_code": "H91 XR5A"})
    for event in AuditEvent.objects.filter(kind="customer.sought"):
        assert "else" not in str(event.detail)
        assert "Body" not in str(event.detail)


def test_many_of_one_name_are_not_listed(desk, db):
    for number in range(MOST + 3):
        User.objects.create_user(f"jo{number}@example.net", name="Jo Smith", postal_code="LS1 1AA")
    page = desk.post(PAGE, {"name": "Jo Smith", "postal_code": "LS11AA"}).content.decode()
    assert hits(page) == MOST
    assert "There are more." in page


def test_who_goes_through_all_customers_is_stopped(desk, ada, alice):
    for number in range(20):
        find(desk, f"nobody{number}@example.com")
    refused = desk.post(PAGE, {"typed": alice.email})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert hits(refused.content.decode()) == 0
    assert "Please wait a minute" in refused.content.decode()
    assert hits(find(staff_log_in(ada), alice.email)) == 1, "another one's searches are counted for themselves"


def test_looking_at_the_page_seeks_nobody(desk, alice):
    assert hits(desk.get(PAGE, {"typed": alice.email}).content.decode()) == 0
    assert not AuditEvent.objects.filter(kind="customer.sought").exists()


def test_a_search_costs_the_same_however_many_customers_there_are(desk, alice, django_assert_max_num_queries):
    for number in range(20):
        User.objects.create_user(f"jo{number}@example.net", name="Jo Smith", postal_code="LS1 1AA")
    for form in ({"typed": alice.email}, {"name": "Jo Smith", "postal_code": "LS1 1AA"}):
        with django_assert_max_num_queries(17):
            desk.post(PAGE, form)


@pytest.mark.postgresql
def test_name_and_postal_code_are_found_by_an_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_postal_code" in by_name_and_postal_code("Jo", "LS1 1AA").explain()
