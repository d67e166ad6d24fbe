"""A finding of the sweep, and a member of staff who may decide it."""

import pytest
from django.test import Client

from accounts.models import MisuseFinding
from tests.accounts.sharers import shared, swept
from tests.staff import staff_log_in


@pytest.fixture
def finding(alice) -> MisuseFinding:
    """Alice's shared log-on, found by the sweep itself."""
    shared(alice, 7)
    swept()
    return MisuseFinding.objects.get(detector="many_browsers")


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)
