"""C18: corrections of anything recorded can be requested, and are made; where one is not, the customer reads why."""

import pytest

from accounts.models import User
from audit.models import AuditEvent
from support.models import About, Case, Correction
from tests.customer import log_in, mail_to
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of
from tests.support.helping import purchase_of

pytestmark = pytest.mark.django_db
PLACE = "/resources/support/correction/"


def asked(user: User, about: str = "purchase") -> Case:
    wish = {"about": about, "present": "Alice Archer", "wanted": "Alice Baker", "form_number": about}
    assert log_in(user).post(PLACE, wish).status_code == 302
    return Case.objects.latest("pk")


@pytest.mark.parametrize("about", About.values)
def test_c18_a_correction_of_anything_can_be_requested(alice, about):
    assert asked(alice, about).correction.about == about


def test_c18_it_is_made_and_the_customer_is_told(alice, alices, sam):
    purchase = purchase_of(alice, alices)
    case, desk = in_hands_of(sam, asked(alice)), staff_log_in(sam)
    values = {"target": f"purchase-{purchase.pk}-name", "value": "Alice Baker", "text": "It is corrected.", "is_all": "on"}
    desk.post(page_of(case, "correction/apply"), values | {"before": "Alice Archer", "sure": "on"})
    purchase.refresh_from_db()
    assert purchase.name == "Alice Baker"
    assert "It is corrected." in mail_to(alice.email).text
    assert Correction.objects.get().user == alice
    assert AuditEvent.objects.filter(kind="correction.applied", user=alice, actor=sam).count() == 1
    assert "corrected by staff" in log_in(alice).get("/resources/activity/staff/").content.decode().lower()


def test_c18_facts_are_not_changed_but_noted_as_wrong(alice, sam):
    case = in_hands_of(sam, asked(alice, "fact"))
    wrong = AuditEvent.objects.filter(user=alice, kind="login.succeeded").latest("pk")
    staff_log_in(sam).post(page_of(case, "correction/by-hand"), {"text": "It was not you.", "event": str(wrong.pk)})
    assert AuditEvent.objects.filter(pk=wrong.pk).exists()
    assert AuditEvent.objects.get(kind="fact.disputed").detail["event"] == wrong.pk


def test_c18_what_is_refused_is_refused_with_a_reason(alice, sam):
    case = in_hands_of(sam, asked(alice))
    staff_log_in(sam).post(page_of(case, "correction/refuse"), {"text": "The partner says otherwise."})
    assert "The partner says otherwise." in mail_to(alice.email).text
