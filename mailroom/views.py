"""Reading the mails of a development installation (DESIGN: "readable at a development-only page")."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

MOST = 50


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The latest mails in MAIL_DIR, newest first."""
    files = sorted(Path(settings.MAIL_DIR).glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    latest = [{"name": path.stem, "message": parsed(path)} for path in files[:MOST]]
    return render(request, "mailroom/mails.html", {"mails": latest, "most": MOST, "older": len(files) > MOST})


@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as text: what a customer would read."""
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    if not path.is_file():
        raise Http404
    message = parsed(path)
    body = message.get_body(("plain",))
    return render(request, "mailroom/mail.html", {"message": message, "text": body.get_content() if body else ""})


def parsed(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
