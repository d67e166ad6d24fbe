"""What no request may carry."""

import pytest
from django.test import Client

from tests.customer import log_in
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/?x=%00", "/resources/?page=%00", "/staff/login/?next=%00"])
def test_a_nul_in_a_query_is_a_bad_request(alice, path):
    assert log_in(alice).get(path).status_code == 400


def test_staff_filters_take_no_nul_either(ada):
    client = staff_log_in(ada)
    assert client.get("/staff/accounts/user/?email__exact=%00").status_code == 400
    assert client.get("/staff/autocomplete/?term=%00&app_label=downloads&model_name=releasefile&field_name=release").status_code == 400


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', "A" * 32, "short", "x" * 4000])
@pytest.mark.parametrize("path", ["/", "/resources/", "/resources/log-in/", "/staff/login/"])
def test_a_session_cookie_that_we_never_made_is_none(cookie, path, db):
    """PostgreSQL takes no NUL, and a quoted cookie can carry one."""
    assert Client(headers={"Cookie": f"session={cookie}"}).get(path).status_code in (200, 302)
