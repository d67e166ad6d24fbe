"""What docs/partners.md shows works as it stands there."""

import json
import os
import re
import subprocess

import pytest
from django.conf import settings as site

from purchases.models import Purchase, WebhookEvent
from purchases.partners.plimus import WAYS
from purchases.partners.standard_webhooks import KINDS, validator
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import SECRET

PAGE = (site.BASE_DIR / "docs" / "partners.md").read_text()


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


def test_every_type_and_every_setting_is_on_the_page():
    for name in [*KINDS, *WAYS]:
        assert f"`{name}`" in PAGE
    settings_file = (site.BASE_DIR / "infacta" / "settings.py").read_text()
    for name in re.findall(r'"((?:STANDARD_WEBHOOKS|PLIMUS)_[A-Z_]+)"', settings_file):
        assert f"`{name}`" in PAGE
