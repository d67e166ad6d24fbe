"""A promotion that gives one Notebook, with a shared code and a batch of single-use ones."""

import pytest

from promotions import code_format
from promotions.models import CodeBatch, PromoCode, Promotion

SHARED = "WELCOME26"


@pytest.fixture(autouse=True)
def no_broker(settings):
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def spring(notebook) -> Promotion:
    promotion = Promotion.objects.create(title="Spring offer", slug="spring", is_published=True, summary="A Notebook for nothing.")
    promotion.grants.create(product=notebook)
    return promotion


@pytest.fixture
def shared(spring) -> PromoCode:
    batch = CodeBatch.objects.create(promotion=spring, tag="ALL", is_shared=True, state="ready")
    return batch.codes.create(code=SHARED, digest=code_format.digest_of(code_format.normalised(SHARED)), uses=None)


@pytest.fixture
def single(spring) -> PromoCode:
    batch = CodeBatch.objects.create(promotion=spring, tag="SPR", state="ready")
    (symbols,) = code_format.new_codes("SPR", 1)
    return batch.codes.create(code=symbols, digest=code_format.digest_of(symbols))
