"""What somebody told, compared with what is on file: scores and reasons."""

import pytest

from accounts.models import User
from promotions.models import Promotion, Redemption
from purchases.models import PurchaseReference
from support.login_help.matching import MOST, Agreement, candidates_for
from support.models.login_help import PROVED
from tests.cast import make_staff
from tests.support.helping import PLEA, purchase_of

pytestmark = pytest.mark.django_db
STRANGER = "who@elsewhere.example"


def compared(email: str = STRANGER, **told: str) -> list[tuple[User, int, dict[str, str]]]:
    proof = dict.fromkeys(PROVED, "") | told
    return [(one.user, one.score, {str(line.label): line.agreement.name for line in one.lines}) for one in candidates_for(proof, email)]


@pytest.fixture
def bought(alice, alices):
    return purchase_of(alice, alices)


def test_all_agrees_however_it_is_spelt(bought, alice):
    told = {name: PLEA[name] for name in PROVED} | {
        "name": "ARCHER,  alicé",
        "order_reference": " #plm-2026 0417 ",
        "postal_code": "H91 xr5a",
    }
    assert compared(**told) == [(alice, 100, dict.fromkeys(("order number", "e-mail address", "postal code", "name"), "AGREES"))]


def test_each_field_has_its_weight_and_its_word(bought, alice):
    ((user, score, lines),) = compared(order_reference="PLM-2026 0417", name="Bert Archer", postal_code="X1", purchase_email="")
    assert (user, score) == (alice, 47)
    assert lines == {"order number": "AGREES", "e-mail address": "DIFFERS", "postal code": "DIFFERS", "name": "IN_PART"}
    ((_user, score, lines),) = compared(purchase_email="alice@EXAMPLE.com")
    assert score == 25
    assert lines == {"order number": "NOT_GIVEN", "e-mail address": "AGREES", "postal code": "NOT_GIVEN", "name": "NOT_GIVEN"}


def test_name_and_postal_code_find_together_and_not_alone(bought, alice):
    assert [score for _user, score, _lines in compared(name="alice archer", postal_code="h91xr5a")] == [35]
    assert compared(name="alice archer") == compared(postal_code="h91xr5a") == compared() == []


def test_the_address_at_which_somebody_can_be_reached_counts_too(bought, alice):
    assert compared(email="ALICE@example.com")[0][:2] == (alice, 25)


def test_an_order_of_another_customer_is_theirs(bought, alice, bob, bobs):
    purchase_of(bob, bobs, "B-77")
    found = {user: lines["order number"] for user, _score, lines in compared(order_reference="B-77", purchase_email=alice.email)}
    assert found == {bob: "AGREES", alice: "DIFFERS"}


def test_what_else_the_partner_calls_the_order_finds_it(bought, alice):
    PurchaseReference.objects.create(purchase=bought, partner="plimus", reference="pay_1", role="order")
    PurchaseReference.objects.create(purchase=bought, partner="plimus", reference="buyer_1", role="buyer")
    assert compared(order_reference="pay_1")[0][0] == alice
    assert compared(order_reference="buyer_1") == []


def test_what_the_partner_told_counts_as_what_the_account_says(bought, alice):
    bought.name, bought.postal_code, bought.email = "Alice Baker", "D02", "old@example.com"
    bought.save()
    told = {"order_reference": bought.order_reference, "name": "Alice Baker", "postal_code": "d02", "purchase_email": "old@example.com"}
    assert compared(**told)[0][:2] == (alice, 100)


def test_who_came_by_a_promotion_is_found_by_the_registration(mallory):
    promotion = Promotion.objects.create(slug="spring", title="Spring")
    batch = promotion.batches.create(tag="SPR", state="ready")
    code = batch.codes.create(code="WELCOME26", digest="0" * 64)
    values = {"promotion": promotion, "code": code, "user": mallory, "abuse_key": "0" * 64, "held_until": "2026-01-01T00:00Z"}
    Redemption.objects.create(email="m@work.example", email_key="m@work.example", postal_code="X 1", state="confirmed", **values)
    ((user, score, lines),) = compared(purchase_email="m@work.example", postal_code="x1", order_reference="1")
    assert (user, score, lines["order number"]) == (mallory, 45, Agreement.NOT_ON_FILE.name)


def test_staff_are_nobodys_customers(db):
    make_staff("sam@vendor.example", "Support")
    assert compared(purchase_email="sam@vendor.example") == []


def test_at_most_five_the_likeliest_first(alice, alices):
    purchase_of(alice, alices)
    for number in range(9):
        User.objects.create_user(f"a{number}@example.com", name="Alice Archer", postal_code="H91XR5A")
    found = compared(name="Alice Archer", postal_code="H91 XR5A", order_reference=PLEA["order_reference"])
    assert len(found) == MOST
    assert found[0][:2] == (alice, 75)


@pytest.mark.parametrize("odd", ["", " ", "#", "%", "x" * 70, "\ud83d".encode("utf-8", "replace").decode(), "İ", "'", "-" * 70, "😀"])
def test_odd_words_find_nobody(bought, odd):
    assert compared(order_reference=odd, name=odd, postal_code=odd) == []


def test_it_takes_so_many_queries_however_much_is_on_file(bought, alice, alices, django_assert_num_queries):
    with django_assert_num_queries(8):
        compared(**{name: PLEA[name] for name in PROVED})
    for number in range(30):
        purchase_of(alice, alices, f"more-{number}")
        User.objects.create_user(f"a{number}@example.com", name="Alice Archer", postal_code="H91XR5A")
    with django_assert_num_queries(8):
        compared(**{name: PLEA[name] for name in PROVED})
