"""A request that names odd characters gets an answer, and no traceback; none smuggles in what the site refuses."""

import pytest

from infacta.character_sets import is_admitted
from tests.server import ask, served

QUERY = "/resources/log-in/?next=%41%2B%ff"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with served(tmp_path_factory.mktemp("site")) as port:
        yield port


@pytest.mark.parametrize(
    "content_type",
    [
        *(f"text/plain; charset={codec}" for codec in ("hex", "rot13", "zip", "undefined", "idna", "punycode")),
        *(f"text/plain; charset={codec}" for codec in ("utf-7", "utf-16", "unicode_escape", "no-such")),
        "text/plain; charset*=utf-8''undefined",
        "multipart/form-data; boundary=x; charset=utf-16",
    ],
)
def test_an_unknown_character_set_is_a_bad_request(port, content_type):
    """Django would break before it has a request, or read `+AAA-` as a NUL behind the middleware that refuses NULs."""
    answer = ask(port, QUERY, Content_Type=content_type)
    assert answer.status == 400, content_type
    assert "UTF-8" in answer.text


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8", 'text/plain; charset="UTF-8"'),
        *(
            "application/x-www-form-urlencoded; charset=ISO-8859-1",
            "text/xml; charset=windows-1252",
            ";;;=",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_browsers_and_partners_send_goes_on(content_type):
    assert is_admitted(content_type)


def test_such_requests_are_served(port):
    assert ask(port, QUERY, Content_Type="text/plain; charset=utf-8").status == 302
    assert ask(port, QUERY).status == 302
