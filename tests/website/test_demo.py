"""The demonstration: everything in it works as a customer would expect."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.models import User
from downloads.models import Entitlement, Product, Release, ReleaseFile
from purchases.models import Offer
from tests import cast
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.promotions.walk import confirm, register
from tests.staff import find, staff_log_in
from website import demo

pytestmark = pytest.mark.django_db


def test_every_product_can_be_bought_and_downloaded():
    assert demo.load()
    assert Product.objects.count() == 3
    assert len({file.size // 1_000_000 for file in ReleaseFile.objects.all()}) == 3, "files of several sizes"
    for number, product in enumerate(Product.objects.all()):
        owned = cast.buy(cast.ALICE, product, order=f"A-{number}").entitlements[0]
        client = log_in(owned.user)
        file = ReleaseFile.objects.filter(release__product=product).first()
        path = client.post(f"/resources/downloads/{owned.pk}/", {"file": file.pk})["Location"]
        assert len(b"".join(client.get(path).streaming_content)) == file.size


def test_every_file_is_signed_and_what_was_released():
    demo.load()
    assert all(file.is_signed_well() for file in ReleaseFile.objects.all())
    call_command("verify_files", verbosity=0)


def test_the_customer_has_a_ledger_to_look_at_and_it_sums():
    assert demo.load()
    lines = Entitlement.objects.get(user__email=demo.CUSTOMER.email, product__code="NOTEBOOK").allowance_entries.order_by("pk")
    assert list(lines.values_list("change", flat=True)) == [5, -1, -1, 1, 2]
    call_command("check_ledger")


def test_it_shows_whatever_a_release_can_be():
    demo.load()
    user = User.objects.get(email=demo.CUSTOMER.email)
    user.set_password(cast.PASSWORD)
    user.save()
    client = log_in(user)
    notebook, atlas = (Entitlement.objects.get(product__code=code) for code in ("NOTEBOOK", "ATLAS"))
    page = words_of(client.get(f"/resources/products/{notebook.pk}/").content.decode())
    for shown in ("Version 2.0-beta.1 Beta", "Version 1.2.1 Critical update", "We withdrew this version", "macOS 13.0 or later"):
        assert shown in page
    assert Release.objects.in_state("scheduled", now()).get().version not in page.replace("2.0-beta.1", "")
    assert "Not included" in client.get(f"/resources/products/{atlas.pk}/").content.decode()
    assert "Editions Standard Professional" in words_of(client.get("/products/ledger/").content.decode())


def test_every_product_is_for_sale_at_a_shop_that_is_none(settings, client):
    settings.CHECKOUT_STORES = {"standard-webhooks": "https://shop.example/order"}
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}
    demo.load()
    for slug in ("notebook", "ledger", "atlas"):
        assert f"/buy/{slug}/" in client.get(f"/products/{slug}/").content.decode()
        assert "from Example Shop" in words_of(client.get(f"/buy/{slug}/").content.decode())
    for offer in Offer.objects.all():
        offer.full_clean()


def test_its_promotion_gives_what_it_says_with_the_code_that_is_printed(client, capsys):
    call_command("load_demo")
    assert f"/promotions/welcome/  with the code {demo.PROMOTION_CODE}" in capsys.readouterr().out
    assert "Welcome aboard" in words_of(client.get("/promotions/").content.decode())
    register(client, demo.PROMOTION_CODE, "rosa@example.com", "welcome", name="Rosa Reed")
    assert "Notebook" in confirm("rosa@example.com").content.decode()
    owned = Entitlement.objects.get(user__email="rosa@example.com")
    assert (owned.upgrades_until - now()).days in range(360, 367)


def test_it_is_loaded_once():
    assert demo.load()
    assert not demo.load()
    assert Product.objects.count() == 3


def test_the_order_that_the_mail_names_is_found_by_staff():
    demo.load()
    assert demo.ORDER in mail_to(demo.CUSTOMER.email).text
    staff = User.objects.get(email=demo.STAFF.email)
    staff.set_password(cast.PASSWORD)
    staff.save()
    page = words_of(find(staff_log_in(staff), f"#{demo.ORDER.lower()}"))
    assert "Purchases" in page
    assert "Partners' notifications" in page
    assert demo.ORDER in page


def test_beside_a_catalogue_of_ones_own_it_names_nobody_who_is_not_there(capsys, notebook):
    call_command("load_demo")
    said = capsys.readouterr().out
    assert "make demo" in said
    for invented in (demo.CUSTOMER.email, demo.STAFF.email, demo.PASSWORD, demo.PROMOTION_CODE, "staff-code"):
        assert invented not in said
    with pytest.raises(CommandError, match="the demonstration is not loaded"):
        call_command("load_demo", "--code")


def test_once_loaded_it_says_so_each_time(capsys):
    demo.load()
    call_command("load_demo")
    assert demo.STAFF.email in capsys.readouterr().out
    call_command("load_demo", "--code")
    assert re.fullmatch(r"\d{6}", capsys.readouterr().out.strip())


def test_production_never_gets_it(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not Product.objects.exists()
