"""A promotion that gives one Notebook, with a shared code and a batch of single-use ones."""

import pytest

from promotions import code_format
from promotions.models import CodeBatch, PromoCode, Promotion
from tests.promotions.walk import make_promotion, make_shared


@pytest.fixture(autouse=True)
def no_broker(settings):
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def spring(notebook) -> Promotion:
    return make_promotion(notebook)


@pytest.fixture
def shared(spring) -> PromoCode:
    return make_shared(spring)


@pytest.fixture
def single(spring) -> PromoCode:
    batch = CodeBatch.objects.create(promotion=spring, tag="SPR", state="ready")
    (symbols,) = code_format.new_codes("SPR", 1)
    return batch.codes.create(code=symbols, digest=code_format.digest_of(symbols))
