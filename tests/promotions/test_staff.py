"""Setting up a promotion: one page, a preview, publishing and stopping; and nothing is taken from whoever registered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.contact import Contact
from audit.models import AuditEvent
from downloads.models import Edition
from promotions import code_format, registration
from promotions.models import CodeBatch, PromoCode, Promotion, Redemption
from promotions.registration import Origin
from tests import cast
from tests.pages import words_of
from tests.promotions.staff_side import ADD, page_of, save, stop_page_of, told
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def registered(spring, shared) -> Redemption:
    """Alice waits for her mailbox."""
    return registration.register(spring, shared, Contact("alice@example.com"), Origin(None))


def first_grant(**values: object) -> dict[str, object]:
    return {f"grants-0-{name}": value for name, value in values.items()}


def test_set_up_looked_at_published_and_there(staff, client, notebook):
    made = save(
        staff,
        ADD,
        title="Spring offer",
        slug="spring",
        text="**New** this year",
        ends_at=now() + DAY,
        limit="1000",
        **first_grant(product=notebook.pk, units="1"),
    )
    promotion = Promotion.objects.get()
    assert made["Location"] == page_of(promotion)
    page = words_of(staff.get(page_of(promotion)).content.decode())
    assert "Stage: draft" in page
    assert "All times are in the time zone UTC." in page
    assert client.get("/promotions/spring/").status_code == 404
    look = staff.get(page_of(promotion, "preview")).content.decode()
    assert "A preview: this is the page as visitors will see it." in look
    assert "<strong>New</strong>" in look
    assert "Your code" in look
    assert "People can register at once." in staff.get(page_of(promotion, "publish")).content.decode()
    done = staff.post(page_of(promotion, "publish"), follow=True).content.decode()
    assert "It is published" in done
    assert client.get("/promotions/spring/").status_code == 200
    event = AuditEvent.objects.get(kind="promotion.published")
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"promotion": "spring"})


def test_the_preview_is_the_visitors_page_but_for_the_bar(staff, client, spring, shared):
    page = client.get("/promotions/spring/").content.decode()
    look = staff.get(page_of(spring, "preview")).content.decode()
    main = words_of(page.partition("<main")[2].partition("</main>")[0])
    assert words_of(look.partition("<main")[2].partition("</main>")[0]).endswith(
        main.removeprefix('id="main"> ').removeprefix('id="main">')
    )


def test_what_is_typed_is_previewed_and_not_saved(staff, spring):
    look = staff.post(page_of(spring, "preview"), {"title": "Summer offer", "text": "*soon* <script>x</script>"}).content.decode()
    assert "<em>soon</em>" in look
    assert "<script>x" not in look
    assert Promotion.objects.get().title == "Spring offer"
    assert "A preview" in staff.post(page_of(spring, "preview"), {"code": "WELCOME26"}).content.decode()
    assert not AuditEvent.objects.filter(kind__startswith="promo").exists()


def test_one_that_gives_nothing_or_is_over_is_not_published(staff, spring):
    Promotion.objects.update(is_published=False, ends_at=now() - DAY)
    spring.grants.all().delete()
    for answer in (staff.get(page_of(spring, "publish")), staff.post(page_of(spring, "publish"))):
        assert "It gives nothing yet" in told(answer)
        assert "Its end is over already" in told(answer)
    assert not Promotion.objects.get().is_published


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"starts_at": now() + 2 * DAY, "ends_at": now() + DAY}, "It ends before it begins."),
        ({"ends_at_0": "9999-01-01", "ends_at_1": "00:00"}, "Is this year right?"),
        ({"limit": "0"}, "greater than or equal to 1"),
        ({"slug": "spring"}, "already exists"),
        ({"text": "x" * 20_001}, "20000 are the most that we can take"),
    ],
)
def test_what_cannot_be_is_told(staff, spring, values, said):
    assert said in told(save(staff, ADD, **{"title": "Another", "slug": "another"} | values))


def test_an_edition_of_another_product_is_told(staff, spring, notebook, mailer):
    edition = Edition.objects.create(product=mailer, code="MAILER-S", name="Standard")
    assert "This edition is of another product." in told(save(staff, page_of(spring), **first_grant(edition=edition.pk)))


def test_each_edition_is_offered_with_its_product(staff, spring, notebook, mailer):
    for product in (notebook, mailer):
        Edition.objects.create(product=product, code=f"{product}-S", name="Standard")
    page = words_of(staff.get(page_of(spring)).content.decode())
    assert f"{notebook}: Standard" in page
    assert f"{mailer}: Standard" in page


# Once people registered


def test_a_limit_below_what_is_taken_is_told_with_numbers(staff, spring, shared, registered):
    Promotion.objects.update(used=4)
    page = told(save(staff, page_of(spring), limit="4"))
    assert "4 registrations are confirmed and 1 wait for their mailbox, so the limit is 5 at least." in page
    assert save(staff, page_of(spring), limit="5").status_code == 302
    assert Promotion.objects.values_list("limit", "used", "held").get() == (5, 4, 1)


def test_saving_leaves_the_counters_as_they_move(staff, spring, shared):
    form_shown_before = staff.get(page_of(spring)).content
    registration.register(spring, shared, Contact("alice@example.com"), Origin(None))
    assert form_shown_before
    save(staff, page_of(spring), title="Spring offer, longer")
    assert Promotion.objects.values_list("title", "held").get() == ("Spring offer, longer", 1)


def test_what_people_registered_for_is_not_taken_away(staff, spring, registered, mailer):
    Promotion.objects.update(upgrade_months=6)
    for values in ({"DELETE": "on"}, {"product": mailer.pk}):
        assert "People have registered for what is given here" in told(save(staff, page_of(spring), **first_grant(**values)))
    assert "can be more months, and not fewer" in told(save(staff, page_of(spring), upgrade_months="5"))
    assert "can be more months" in told(save(staff, page_of(spring), upgrade_months=""))
    assert "it cannot begin later" in told(save(staff, page_of(spring), starts_at=now() + DAY))
    more = save(
        staff, page_of(spring), upgrade_months="7", **first_grant(units="2"), **{"grants-1-product": mailer.pk, "grants-1-units": "1"}
    )
    assert more.status_code == 302
    assert list(spring.grants.values_list("product__code", "units")) == [("NOTEBOOK", 2), ("MAILER", 1)]


def test_before_anybody_registered_everything_may_change_but_something_stays_given(staff, spring, mailer):
    assert save(staff, page_of(spring), **first_grant(product=mailer.pk)).status_code == 302
    assert spring.grants.get().product == mailer
    assert "so it must give something" in told(save(staff, page_of(spring), **first_grant(DELETE="on")))


def test_the_address_of_a_public_page_stays(staff, spring):
    save(staff, page_of(spring), slug="autumn")
    assert Promotion.objects.get().slug == "spring"
    Promotion.objects.update(is_published=False)
    save(staff, page_of(spring), slug="autumn")
    assert Promotion.objects.get().slug == "autumn"


# Stopping


def test_it_is_stopped_with_a_reason_that_visitors_read(staff, client, spring, registered):
    page = words_of(staff.get(stop_page_of(spring)).content.decode())
    assert "1 registration waits for its mailbox: it may still be confirmed within its hour" in page
    assert "This field is required" in told(staff.post(stop_page_of(spring), {"reason": " "}))
    done = staff.post(stop_page_of(spring), {"reason": "Our server moves."}, follow=True)
    assert "It is stopped" in told(done)
    assert "Our server moves." in client.get("/promotions/spring/").content.decode()
    event = AuditEvent.objects.get(kind="promotion.stopped")
    assert event.detail == {"promotion": "spring", "reason": "Our server moves."}
    assert registration.confirm(registered), "what was held may still be confirmed"


def test_a_second_click_stops_nothing_and_a_draft_is_not_stopped(staff, spring):
    staff.post(stop_page_of(spring), {"reason": "first"})
    again = staff.post(stop_page_of(spring), {"reason": "second"}, follow=True)
    assert "you have changed nothing" in told(again)
    assert Promotion.objects.get().stop_reason == "first"
    Promotion.objects.update(stopped_at=None, stop_reason="", is_published=False)
    staff.post(stop_page_of(spring), {"reason": "third"})
    assert Promotion.objects.get().stopped_at is None


def test_one_that_is_over_is_not_stopped(staff, spring):
    Promotion.objects.update(ends_at=now() - DAY)
    assert "you have changed nothing" in told(staff.get(stop_page_of(spring), follow=True))
    staff.post(stop_page_of(spring), {"reason": "late"})
    assert not spring.stop("later still")
    assert Promotion.objects.get().stopped_at is None


# Back to draft


@pytest.fixture
def announced(spring) -> Promotion:
    """It begins tomorrow."""
    Promotion.objects.update(starts_at=now() + DAY)
    spring.refresh_from_db()
    return spring


def test_before_it_begins_it_can_be_a_draft_again(staff, client, announced, shared):
    assert page_of(announced, "withdraw") in staff.get(page_of(announced)).content.decode()
    assert "until you publish it once more" in told(staff.get(page_of(announced, "withdraw")))
    assert client.get("/promotions/spring/").status_code == 200, "a look at that page changes nothing"
    assert "It is a draft again" in told(staff.post(page_of(announced, "withdraw"), follow=True))
    assert client.get("/promotions/spring/").status_code == 404
    event = AuditEvent.objects.get(kind="promotion.withdrawn")
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"promotion": "spring"})
    save(staff, page_of(announced), slug="autumn")
    assert Promotion.objects.get().slug == "autumn", "a draft's address may be changed"
    staff.post(page_of(announced, "publish"))
    assert client.get("/promotions/autumn/").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": None},
        {"starts_at": now() - DAY},
        {"stopped_at": now()},
        {"is_published": False},
        {"ends_at": now() - DAY, "starts_at": None},
    ],
)
def test_what_has_begun_or_is_over_stays_published(staff, announced, changes):
    Promotion.objects.update(**changes)
    assert page_of(announced, "withdraw") not in staff.get(page_of(announced)).content.decode()
    assert "you have changed nothing" in told(staff.post(page_of(announced, "withdraw"), follow=True))
    assert Promotion.objects.get().is_published == changes.get("is_published", True)
    assert not AuditEvent.objects.filter(kind="promotion.withdrawn").exists()


def test_one_that_somebody_registered_for_once_stays_published(staff, registered, announced):
    Redemption.objects.update(state="lapsed")
    staff.post(page_of(announced, "withdraw"))
    assert Promotion.objects.get().is_published
    assert not announced.withdraw(), "and the statement itself says so, however late"


def test_support_takes_no_page_away(sam, announced):
    assert staff_log_in(sam).post(page_of(announced, "withdraw")).status_code == 403
    assert Promotion.objects.get().is_published


# Deleting


def test_only_one_that_nobody_registered_for_is_deleted_with_all_its_codes(staff, spring, shared, single):
    other = Promotion.objects.create(title="Other", slug="other")
    kept = other.batches.create(tag="OTH").codes.create(code="OTHER", digest="d")
    delete = page_of(spring, "delete")
    assert staff.get(delete).status_code == 403, "it is on"
    staff.post(stop_page_of(spring), {"reason": "It was a trial."})
    assert "Promotional codes: 0" not in (page := told(staff.get(delete)))
    assert "Batches of codes: 2" in page
    assert staff.post(delete, {"post": "yes"}).status_code == 302
    assert list(Promotion.objects.all()) == [other]
    assert list(PromoCode.objects.all()) == [kept]
    assert CodeBatch.objects.count() == 1


def test_one_that_somebody_registered_for_is_not_deleted(staff, spring, registered):
    Promotion.objects.update(stopped_at=now())
    assert staff.post(page_of(spring, "delete"), {"post": "yes"}).status_code == 403
    Redemption.objects.update(state="lapsed")
    assert staff.post(page_of(spring, "delete"), {"post": "yes"}).status_code == 403, "its row is still there"
    listed = staff.post("/staff/promotions/promotion/", {"action": "delete_selected", "_selected_action": spring.pk, "post": "yes"})
    assert listed.status_code in (200, 302)
    assert Promotion.objects.count() == 1


# Who may, and how much it asks


def test_support_sees_promotions_and_changes_nothing(sam, spring):
    client = staff_log_in(sam)
    assert "Spring offer" in client.get("/staff/promotions/promotion/").content.decode()
    page = client.get(page_of(spring)).content.decode()
    assert stop_page_of(spring) not in page
    assert client.post(page_of(spring), {"title": "Mine"}).status_code == 403
    for path in (page_of(spring, "preview"), page_of(spring, "publish"), stop_page_of(spring)):
        assert client.post(path, {"reason": "x"}).status_code == 403
    assert client.get("/staff/promotions/promocode/").status_code == 403
    assert client.get("/staff/promotions/codebatch/").status_code == 403


def test_support_sees_the_registrations_of_opened_customers_alone(sams, spring, shared, alice):
    theirs = [registration.register(spring, shared, contact, Origin(None)) for contact in (cast.ALICE, cast.BOB)]
    for one in theirs:
        assert registration.confirm(one)
    page = sams.get("/staff/promotions/redemption/").content.decode()
    assert "Alice@example.com" in page
    assert "bob@example.org" not in page
    assert [sams.get(page_of(one)).status_code for one in theirs] == [200, 404]
    waiting = registration.register(spring, shared, Contact("carol@example.com"), Origin(None))
    assert sams.get(page_of(waiting)).status_code == 404, "it leads to nobody yet"
    assert page_of(waiting) not in sams.get("/staff/promotions/redemption/?q=carol%40example.com").content.decode()


def test_a_registration_is_found_by_its_code_as_it_is_read_out(staff, spring, single):
    held = registration.register(spring, single, Contact("alice@example.com"), Origin(None))
    spoken = code_format.shown(single.code).lower().replace("-", " ").replace("0", "o")
    for term in (spoken, "ALICE@example.com"):
        assert page_of(held) in staff.get("/staff/promotions/redemption/", {"q": term}).content.decode()
    assert page_of(held) not in staff.get("/staff/promotions/redemption/", {"q": "alice@exam"}).content.decode()


@pytest.mark.parametrize("path", ["promotion/", "redemption/", "promocode/", "codebatch/", "promotion/{}/change/"])
def test_pages_ask_as_often_whatever_there_is(staff, spring, shared, mailer, path):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(f"/staff/promotions/{path.format(spring.pk)}").status_code == 200
        return len(captured)

    queries()
    before = queries()
    for number in range(8):
        promotion = Promotion.objects.create(title=f"Offer {number}", slug=f"offer-{number}", is_published=True)
        promotion.batches.create(tag="T").codes.create(code=f"WORD{number}", digest=f"d{number}")
        spring.batches.create(tag=f"T{number}").codes.create(code=f"MORE{number}", digest=f"e{number}")
        registration.register(promotion, shared, Contact(f"buyer{number}@example.com"), Origin(None))
    assert queries() == before
