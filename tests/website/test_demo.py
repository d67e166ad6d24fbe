"""The demonstration: everything in it works as a customer would expect."""

import pytest
from django.core.management import CommandError, call_command

from downloads.models import Entitlement, Product, ReleaseFile
from tests import cast
from tests.customer import log_in
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
    lines = Entitlement.objects.get(user__email=demo.CUSTOMER.email).allowance_entries.order_by("pk")
    assert list(lines.values_list("change", flat=True)) == [5, -1, -1, 1, 2]
    call_command("check_ledger")


def test_it_is_loaded_once():
    assert demo.load()
    assert not demo.load()
    assert Product.objects.count() == 3


def test_production_never_gets_it(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not Product.objects.exists()
