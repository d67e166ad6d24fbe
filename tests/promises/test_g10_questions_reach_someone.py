"""G10: questions about a policy have an address, and reach a person."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests.architecture.test_settings import check
from tests.customer import log_in
from tests.pages import Tags, footer_of, html_of, words_of

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
POLICIES = ["/privacy/", "/privacy/resources/", "/privacy/promotions/"]
READ = "import django; django.setup(); from django.test import Client; print(Client().get({path!r}).content.decode())"


def as_configured(path: str, **environment: str) -> str:
    """A page of a site whose operator set these variables."""
    command = [sys.executable, "-c", READ.format(path=path)]
    variables = os.environ | {"DJANGO_SETTINGS_MODULE": "infacta.settings", "INFACTA_MODE": "test"} | environment
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", POLICIES)
def test_g10_each_policy_names_the_address_and_the_post(client, settings, path):
    html = client.get(path).content.decode()
    main = html.partition("<main")[2].partition("</main>")[0]
    assert f"mailto:{settings.PRIVACY_EMAIL}" in Tags(main).links()
    assert f"reach a person here: {settings.PRIVACY_EMAIL} , {settings.SITE_NAME}, {settings.VENDOR_ADDRESS}" in words_of(main)


def test_g10_from_every_page_it_is_at_most_two_steps_away(alice, settings, every_address):
    for client in (Client(), log_in(alice)):
        for path, html in html_of(client, every_address).items():
            reached = [link for link in Tags(footer_of(html)).links() if link in (*POLICIES, "/contact/")]
            assert len(reached) >= 2, path
            for link in set(reached):
                assert f"mailto:{settings.PRIVACY_EMAIL}" in client.get(link).content.decode(), path


@pytest.mark.parametrize("path", [*POLICIES, "/contact/"])
def test_g10_it_is_the_operators_own_address(path):
    page = as_configured(path, PRIVACY_EMAIL="dpo@vendor.example", VENDOR_ADDRESS="Vendor & Sons, 1 Mill Lane", SITE_NAME="Vendor")
    assert "mailto:dpo@vendor.example" in Tags(page).links()
    assert "Vendor, Vendor & Sons, 1 Mill Lane" in words_of(page)
    assert "privacy@localhost" not in page


def test_g10_a_question_about_privacy_is_told_apart_from_other_help(client, settings):
    page = words_of(client.get("/contact/").content.decode())
    assert f"Questions about privacy {settings.PRIVACY_EMAIL}" in page
    assert f"Help with a product, an order or a download All ways to get help , or {settings.SUPPORT_EMAIL}" in page


@pytest.mark.parametrize("address", ["privacy", "privacy@", "a b@vendor.example", "noreply@vendor.example\nx@y.z"])
def test_g10_production_does_not_start_with_what_is_no_address(address, tmp_path):
    """An address that no mail reaches is none."""
    result = check(tmp_path, PRIVACY_EMAIL=address)
    assert result.returncode != 0
    assert "PRIVACY_EMAIL is" in result.stderr
