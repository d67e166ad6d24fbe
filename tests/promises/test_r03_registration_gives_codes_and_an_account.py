"""R3: registration takes contact data and a promotional code, e-mails the unlock codes, gives support and upgrade eligibility, and opens an
account for customer resources. The IP address may be recorded."""

import pytest
from django.test import Client

from accounts.models import User
from downloads.models import Entitlement, UnlockCode
from privacy.areas import PROMOTIONS, RESOURCES
from privacy.registry import registry
from privacy.tasks import publish_policies
from privacy.wording import version_of
from promotions.models import Redemption
from tests.cast import PASSWORD
from tests.customer import link_in as password_link_in
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.promises.conftest import ROSA
from tests.promotions.walk import MAIL, come_by_promotion, latest_mail, register, typed_in

pytestmark = pytest.mark.django_db
EMAIL = "rosa@example.com"


def test_r03_from_the_code_to_the_download(spring_code, notebook_file):
    visitor = Client(REMOTE_ADDR="203.0.113.9")
    register(visitor, email=EMAIL, **ROSA)
    assert not User.objects.exists(), "nobody is somebody before the mailbox is proved"
    page = visitor.post(MAIL, {"typed": typed_in(latest_mail(EMAIL))}, follow=True).content.decode()
    code = UnlockCode.objects.get().code
    assert code in page
    assert code in mail_to(EMAIL).text

    user = User.objects.get()
    assert (user.email, user.name, user.city) == (EMAIL, "Rosa Reed", "Cork")
    link = password_link_in(mail_to(EMAIL))
    visitor.post(visitor.get(link)["Location"], {"new_password": PASSWORD})
    log_in(user, visitor)
    home = visitor.get("/resources/").content.decode()
    assert code in home
    owned = Entitlement.objects.get()
    location = visitor.post(f"/resources/downloads/{owned.pk}/", {"file": notebook_file.pk})["Location"]
    assert b"".join(visitor.get(location).streaming_content) == b"0123456789" * 1000


def test_r03_the_registration_is_recorded_with_its_address_and_the_policy_that_was_read(spring_code, client):
    register(Client(REMOTE_ADDR="203.0.113.9"), email=EMAIL, **ROSA)
    redemption = Redemption.objects.get()
    assert (redemption.email, redemption.name, redemption.ip) == (EMAIL, "Rosa Reed", "203.0.113.9")
    assert redemption.policy_version in client.get("/privacy/promotions/").content.decode()


def test_r03_what_was_read_can_be_read_again_when_the_policy_has_changed(spring_code, client, settings):
    publish_policies()
    register(Client(), email=EMAIL, **ROSA)
    settings.VENDOR_ADDRESS = "Infacta Ltd, 2 Example Street, Exampletown"
    publish_policies()
    noted = Redemption.objects.get().policy_version
    assert noted not in client.get("/privacy/promotions/").content.decode()
    then = words_of(client.get(f"/privacy/versions/{noted}/", follow=True).content.decode().partition("<footer>")[0])
    assert "1 Example Street" in then
    assert "2 Example Street" not in then
    changed = words_of(client.get("/privacy/promotions/changes/?from=1&to=2").content.decode())
    assert "[–1–] [+2+] Example Street" in changed


def test_r03_the_account_that_it_opens_knows_the_policy_of_its_own_area(spring_code):
    come_by_promotion(EMAIL)
    assert User.objects.get().policy_version == version_of(RESOURCES)


def test_r03_another_wording_is_another_version(settings):
    before = version_of(PROMOTIONS)
    assert version_of(PROMOTIONS) == before
    settings.VENDOR_ADDRESS = "Infacta Ltd, 2 Example Street, Exampletown"
    assert version_of(PROMOTIONS) != before


def test_r03_it_gives_upgrades_for_as_long_as_the_promotion_says(rosas, rosa):
    assert rosas.upgrades_until is None, "as whoever buys the product"
    page = words_of(log_in(rosa).get(f"/resources/products/{rosas.pk}/").content.decode())
    assert "New releases are included, without end." in page


def test_r03_what_is_recorded_is_declared_for_the_policy(client):
    declared = registry.models["promotions.Redemption"].personal
    assert {"email", "name", "ip", "held_at", "confirmed_at", "code", "promotion", "policy_version"} <= set(declared)
    policy = words_of(client.get("/privacy/promotions/").content.decode())
    for said in (
        "the IP address that you registered from",
        "the e-mail address that you registered with",
        "the code",
        "when you registered",
    ):
        assert said in policy


def test_r03_each_field_that_is_asked_for_says_why(spring_code):
    visitor = Client()
    visitor.post("/promotions/spring/", {"code": "WELCOME26"})
    page = words_of(visitor.get("/promotions/spring/register/").content.decode())
    assert page.count("We like to know who you are.") == 2
    assert "We record when and from which IP address you register." in page


def test_r03_whoever_has_an_account_keeps_it_and_has_more(spring_code, bob):
    come_by_promotion(bob.email)
    assert list(User.objects.all()) == [bob]
    home = log_in(bob).get("/resources/").content.decode()
    assert "Mailer" in home
    assert "Notebook" in home
