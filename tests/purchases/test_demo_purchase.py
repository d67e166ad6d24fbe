"""`manage.py demo_purchase` plays the partner against the running site."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from downloads.models import Edition
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events


def demo(*arguments: str) -> str:
    output = StringIO()
    call_command("demo_purchase", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_purchase_is_posted_and_said(live_server, notebook, mailer):
    said = demo(
        "--email=dora@example.com", "--name=Dora Demo", "--product=MAILER", "--quantity=2", "--order=D-1", f"--url={live_server.url}/"
    )
    assert "Order D-1: 2 × Mailer for dora@example.com" in said
    assert '"order_reference": "D-1"' in said
    assert "answered 200" in said
    assert "Next: open the mail" in said
    fulfil_due_events()
    bought = Purchase.objects.get()
    assert (bought.order_reference, bought.name, bought.email) == ("D-1", "Dora Demo", "dora@example.com")
    assert bought.items.get().quantity == 2


@pytest.mark.django_db(transaction=True)
def test_without_more_it_buys_the_first_product_under_a_new_reference(live_server, notebook):
    for _time in range(2):
        demo("--email=dora@example.com", f"--url={live_server.url}")
    assert len(set(WebhookEvent.objects.values_list("order_reference", flat=True))) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--email=nobody"], "'nobody' is not an e-mail address."),
        (["--email=dora@example.com", "--quantity=0"], "--quantity must be between 1 and 10000."),
        (["--email=dora@example.com", "--quantity=10001"], "--quantity must be between 1 and 10000."),
        (["--email=dora@example.com", "--product=NOTHING"], "There is no product 'NOTHING'. Known codes: NOTEBOOK."),
        (["--email=dora@example.com", "--url=file:///etc"], "--url is 'file:///etc'; it must be an address like"),
        (["--email=dora@example.com", "--url=http://127.0.0.1:9"], "Start the site with 'make run', or name its port"),
        (["--email=dora@example.com", "--url=http://[nonsense"], "it must be an address like"),
    ],
)
def test_what_is_wrong_is_said(notebook, arguments, sentence):
    with pytest.raises(CommandError, match=re.escape(sentence)):
        demo(*arguments)


@pytest.mark.django_db
def test_without_products_it_says_where_to_add_one():
    with pytest.raises(CommandError, match="add one in the staff area"):
        demo("--email=dora@example.com")


@pytest.mark.django_db
def test_without_a_secret_it_says_what_to_set(notebook, standard_webhooks):
    standard_webhooks["secrets"] = []
    with pytest.raises(CommandError, match="STANDARD_WEBHOOKS_SECRETS is not set"):
        demo("--email=dora@example.com")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_explained(live_server, notebook):
    with pytest.raises(CommandError, match="answered 400: the body breaks the schema"):
        demo("--email=dora@example.com", "--order=" + "r" * 71, f"--url={live_server.url}")


@pytest.mark.django_db(transaction=True)
def test_an_edition_is_bought_by_its_code(live_server, notebook):
    edition = Edition.objects.create(product=notebook, code="NOTEBOOK-L", name="Professional")
    assert "1 × Notebook Professional for" in demo("--email=dora@example.com", "--product=NOTEBOOK-L", f"--url={live_server.url}")
    fulfil_due_events()
    assert Purchase.objects.get().items.get().entitlement.edition == edition
