"""What docs/partners.md and the pages below it show works as it stands there."""

import json
import os
import re
import subprocess

import pytest
from django.conf import settings as site

from purchases.models import Purchase, WebhookEvent
from purchases.partners.own_format import KINDS, validator
from purchases.partners.plimus import WAYS
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import SECRET

DOCS = site.BASE_DIR / "docs"
PAGE = (DOCS / "partners" / "standard-webhooks.md").read_text()
ALL = "\n".join(page.read_text() for page in [DOCS / "partners.md", *(DOCS / "partners").glob("*.md")])


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_the_example_with_curl_and_openssl_works(live_server, notebook):
    (script,) = blocks("bash")
    environment = {"PATH": os.environ["PATH"], "SITE": live_server.url, "SECRET": SECRET}
    result = subprocess.run(["bash", "-eu", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "200\n"
    fulfil_due_events()
    assert Purchase.objects.get().order_reference == "A-1001"


@pytest.mark.django_db
def test_the_examples_in_json_are_what_the_schema_says(told, notebook):
    for example in blocks("json"):
        validator().validate(json.loads(example))
        assert told(json.loads(example)).state == "fulfilled"
    assert WebhookEvent.objects.count() == len(blocks("json")) == 2


def test_every_type_and_every_setting_is_on_the_pages():
    for name in KINDS:
        assert f"`{name}`" in PAGE
    for name in WAYS:
        assert f"`{name}`" in ALL
    settings_file = (site.BASE_DIR / "infacta" / "settings.py").read_text()
    table = settings_file.partition("PARTNERS: dict")[2].partition("\n}\n")[0]
    names = re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', table)
    assert len(names) > 8
    assert [name for name in names if f"`{name}`" not in ALL] == []


@pytest.mark.parametrize("slug", PARTNERS)
def test_every_partner_has_a_page(slug):
    assert slug == "bluesnap" or (DOCS / "partners" / f"{slug}.md").exists()
    assert f"/partners/{slug}/notify/" in ALL
