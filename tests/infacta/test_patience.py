"""Who asks the database within some seconds is given up on after them, and changes nobody else's patience."""

import pytest
from django.db import OperationalError, connection

from infacta.patience import within

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return str(cursor.fetchone()[0])


def test_each_has_a_patience_of_its_own_even_inside_of_anothers():
    before = limit()
    with within(10):
        with within(5):
            assert limit() == "5s"
        assert limit() == "10s"
        with pytest.raises(OperationalError), within(1), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(3)")
        assert limit() == "10s"
    assert limit() == before
