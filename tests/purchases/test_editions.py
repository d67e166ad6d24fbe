"""A partner's code may mean an edition: by its own name, or by the partner's."""

import pytest

from downloads.models import Edition
from purchases.models import ProductCode
from purchases.models.product_code import Meant

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(notebook) -> Edition:
    return Edition.objects.create(product=notebook, code="NOTEBOOK-L", name="Professional")


def test_codes_of_products_and_editions_and_the_partners_own(notebook, large):
    ProductCode.objects.create(partner="plimus", code="4711", product=notebook, edition=large)
    meaning_of = ProductCode.objects.meaning_of
    assert meaning_of("plimus", "4711") == meaning_of("plimus", "NOTEBOOK-L") == Meant(notebook, large)
    assert meaning_of("plimus", "NOTEBOOK") == Meant(notebook)
    assert meaning_of("standard-webhooks", "4711") is None
