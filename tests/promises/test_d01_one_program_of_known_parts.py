"""D1: one Django program that makes its pages on the server, of the parts that its card names."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.pages import html_of, is_page

ROOT = Path(__file__).resolve().parents[2]
CARD = {"django", "django-otp", "celery", "redis", "psycopg2", "gunicorn", "pytest-django"}


def required(*files: str) -> set[str]:
    """The packages that the files of requirements name."""
    lines = "\n".join((ROOT / file).read_text() for file in files)
    return {name.lower() for name in re.findall(r"^([A-Za-z][\w-]*)", lines, re.MULTILINE)}


def test_d01_the_parts_of_the_card_are_required():
    assert {name.removesuffix("-binary") for name in required("requirements.txt", "requirements-dev.txt")} >= CARD


def test_d01_the_server_runs_without_the_parts_for_tests():
    assert "pytest-django" not in required("requirements.txt")


def test_d01_every_room_is_an_app_of_the_same_program():
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert rooms <= {name.partition(".")[0] for name in settings.INSTALLED_APPS}
    assert len(rooms) >= 8


@pytest.mark.django_db
def test_d01_pages_are_made_on_the_server_and_need_no_script(alice, every_address):
    """Each page is whole as it comes: words, and no frame of a program that fetches them."""
    pages = html_of(Client(), [path for path in every_address if is_page(Client().get(path))])
    assert len(pages) > 10
    for path, html in pages.items():
        assert re.search(r"<h1[^>]*>\s*\S", html), path
        assert not re.search(r'<div id="(app|root)">\s*</div>', html), path


def test_d01_no_room_is_a_program_of_its_own():
    """One process serves all: nothing else listens for requests, or starts a server."""
    servers = {"flask", "fastapi", "aiohttp", "tornado", "uvicorn", "socketserver", "http.server"}
    for path in ROOT.glob("[a-z]*/**/*.py"):
        if path.parts[len(ROOT.parts)] in ("tests", "bench", "var", "node_modules"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not servers & set(names), path
