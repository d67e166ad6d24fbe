"""Who changes what guards the account while somebody else does: the first one wins, and what the other had under way comes too late (ASVS 15.4.2)."""

import pytest

from accounts.models import AddressChange, LoginSession
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.address_side import ask
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in
from tests.second_factor import log_in_with_code
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CHANGE = "/resources/account/password/"
NEW = "quite another phrase"


@pytest.mark.parametrize("_time", range(3))
def test_of_several_who_know_the_old_password_one_sets_the_new_one(alice, _time):
    browsers = [log_in(alice) for number in range(6)]

    def change(number: int):
        return browsers[number].post(CHANGE, {"current_password": PASSWORD, "new_password": f"{NEW} {number}"})

    answers = at_once(change, range(6))
    assert AuditEvent.objects.filter(kind="password.changed").count() == 1
    winners = [number for number in range(6) if try_log_in(alice.email, f"{NEW} {number}").status_code == 302]
    assert len(winners) == 1
    inside = [number for number in range(6) if browsers[number].get("/resources/").status_code == 200]
    assert inside == winners, "the others are out"
    assert {answer.status_code for answer in answers} <= {200, 302}


@pytest.mark.parametrize("_time", range(3))
def test_an_address_is_not_asked_for_by_a_log_in_that_has_ended_meanwhile(alice, _time):
    intruders = [log_in(alice) for _number in range(4)]  # one fewer than an account may ask for at once: who asks last is not told to wait
    owner = log_in(alice)

    def act(number: int):
        if number == len(intruders):
            return owner.post("/resources/activity/sessions/end-others/")
        return ask(intruders[number], f"mallory{number}@evil.example")

    answers = at_once(act, range(len(intruders) + 1))
    assert {answer.status_code for answer in answers} <= {200, 302}
    ended_at = LoginSession.objects.filter(end_reason="ended_by_customer").latest("ended_at").ended_at
    assert not AddressChange.objects.filter(asked_at__gt=ended_at).exists()


def test_the_second_factor_goes_once_however_often_the_button_is_pressed(alice):
    browser = log_in_with_code(alice)
    answers = at_once(lambda _number: browser.post("/resources/account/security/remove/").status_code, range(6))
    assert set(answers) == {302}
    assert AuditEvent.objects.filter(kind="second_factor.removed").count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="accounts/second_factor_removed").count() == 1
