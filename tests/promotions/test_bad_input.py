"""Whatever is sent, in whatever order: never a 500, and never a grant without a proof of the mailbox."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from downloads.models import Entitlement
from promotions.models import Promotion, Redemption
from tests.promotions.walk import DONE, EMAIL, LANDING, MAIL, REGISTER, enter, latest_mail, link_in, register

pytestmark = pytest.mark.django_db
anything_goes = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FINE = {200, 301, 302, 400, 403, 404, 405, 410, 429}
TEXTS = st.text(max_size=300) | st.sampled_from(
    [
        "WELCOME26",
        "welcome 26",
        "\x00",
        "\ud800",
        "O" * 61,
        "ＷＥＬＣＯＭＥ２６",
        "ß" * 12,
        "x@y",
        EMAIL,
        '"a b"@example.com',
        "a@b.c\r\nBcc: d@e.f",
        "=cmd()",
    ]
)
FIELDS = st.dictionaries(
    st.sampled_from(["code", "email", "name", "company", "address1", "country", "telephone", "typed", "next", "csrfmiddlewaretoken"]),
    TEXTS,
    max_size=6,
)
PATHS = st.sampled_from(
    ["/promotions/", LANDING, REGISTER, MAIL, DONE, f"{LANDING}confirm/x/", "/promotions/confirm/", "/promotions/none/register/"]
)
STEPS = st.lists(st.tuples(st.sampled_from(["get", "post", "head", "put", "options"]), PATHS, FIELDS), max_size=6)


@pytest.fixture
def asking(spring, shared) -> Promotion:
    """A promotion that asks for everything."""
    for name in ("name", "company", "address1", "country", "telephone"):
        spring.asked_fields.create(name=name, why="We are curious.")
    return spring


def send(client: Client, method: str, path: str, fields: dict[str, str]) -> int:
    encoded = {name: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for name, value in fields.items()}
    return getattr(client, method)(path, encoded if method in ("get", "post", "head") else "x=1").status_code


@given(steps=STEPS)
@anything_goes
def test_any_steps_in_any_order_end_well_and_grant_nothing(asking, steps):
    client = Client()
    for method, path, fields in steps:
        assert send(client, method, path, fields) in FINE
    assert not Entitlement.objects.exists()
    assert not User.objects.exists()


@given(fields=FIELDS)
@anything_goes
def test_any_text_in_any_field_of_step_two(asking, fields):
    client = Client()
    enter(client)
    assert send(client, "post", REGISTER, {"email": EMAIL} | fields) in FINE
    assert send(client, "post", MAIL, fields) in FINE
    assert not User.objects.exists()
    assert Promotion.objects.get().held == Redemption.objects.filter(state="held").count()


@given(typed=TEXTS)
@anything_goes
def test_any_typed_code_but_the_mails_confirms_nothing(shared, typed):
    client = Client()
    register(client)
    assert send(client, "post", MAIL, {"typed": typed}) in FINE
    assert Redemption.objects.get().state == "held"


@given(path=st.text(alphabet=st.characters(exclude_characters="?#", exclude_categories=["Cs"]), max_size=80))
@anything_goes
def test_any_path(shared, path):
    client = Client()
    for method in (client.get, client.post):
        assert method(f"/promotions/{path}").status_code in FINE
        assert method(f"/promotions/spring/confirm/{path}/").status_code in FINE
    assert not Entitlement.objects.exists()


@given(query=st.text(max_size=60))
@anything_goes
def test_any_query(shared, query):
    for path in ("/promotions/", LANDING, REGISTER):
        assert Client().get(path, {"page": query, "cookies-tested-at": query, "begin": query}).status_code in FINE


@given(values=st.dictionaries(st.sampled_from(["code", "registration", "proved"]), st.integers(0, 2**63 - 1) | st.just(0), max_size=3))
@anything_goes
def test_numbers_of_rows_that_are_gone_end_well(shared, values):
    """What a session remembers may have been deleted meanwhile."""
    client = Client()
    enter(client)
    session = client.session
    for name, number in values.items():
        session[f"promotions.{name}.{shared.batch.promotion_id}"] = [number, number] if name == "proved" else number
    session.save()
    for path in (LANDING, REGISTER, MAIL, DONE):
        assert client.get(path).status_code in FINE


@pytest.mark.parametrize("typed", ["welcome26", " WELCOME 26 ", "we1c0me26", "wElCoMe-26", "WELCOME—26"])
def test_a_code_is_forgiven(client, shared, typed):
    assert enter(client, typed).status_code == 302


@pytest.mark.parametrize("email", ["", "x", "a@b", '"a b"@example.com', "a@example.com\r\nBcc: b@example.com", "é" * 260 + "@example.com"])
def test_what_is_no_address_is_told_beside_the_field_and_the_rest_is_kept(client, spring, shared, email):
    spring.asked_fields.create(name="name", why="We greet you by it.")
    enter(client)
    page = client.post(REGISTER, {"email": email, "name": "Alice Archer"}).content.decode()
    assert 'class="errorlist"' in page
    assert "Alice Archer" in page
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("name", ["Alice\nBcc: x@example.com", "Alice\x07", "\u202eecilA", "a" * 201])
def test_a_name_is_one_line_of_writing(client, spring, shared, name):
    spring.asked_fields.create(name="name", why="We greet you by it.")
    enter(client)
    assert 'class="errorlist"' in client.post(REGISTER, {"email": EMAIL, "name": name}).content.decode()


def test_what_is_typed_is_escaped_wherever_it_comes_back(client, spring, shared):
    hostile = "<script>alert(1)</script>"
    spring.asked_fields.create(name="name", why="We greet you by it.")
    Promotion.objects.update(title=hostile, summary=hostile, text=hostile, stop_reason=hostile)
    pages = [client.get(LANDING), client.get("/promotions/"), client.get("/"), client.post(LANDING, {"code": hostile})]
    enter(client)
    pages += [
        client.post(REGISTER, {"email": hostile, "name": hostile}),
        client.post(REGISTER, {"email": EMAIL, "name": hostile}, follow=True),
    ]
    pages += [client.get(link_in(latest_mail())), client.post(link_in(latest_mail()), follow=True)]
    for page in pages:
        assert "<script>alert" not in page.content.decode()
