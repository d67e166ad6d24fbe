"""Senders beside which ours is measured, and ours: `python -m bench.announcements_senders KIND …`. Each says READY, waits for a
line, and sends.
"""

import smtplib
import socket
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402
from django.template import Context, Template  # noqa: E402

from announcements.models import Announcement  # noqa: E402
from announcements.sending import working  # noqa: E402

LINE = b"Notebook 3.1 opens faster, and finds what you wrote years ago.\r\n"
TEXT = (
    "Notebook 3.1 opens faster, and finds what you wrote years ago. " * 30,
    "<p>Notebook 3.1 opens faster, and finds what you wrote. </p>" * 30,
)


def prebuilt(size: int) -> bytes:
    head = b"From: news@vendor.example\r\nTo: r@example.com\r\nSubject: Notebook\r\n\r\n"
    return head + LINE * ((size - len(head)) // len(LINE))


def bare(count: int, size: int) -> None:
    """Nothing but a socket and the same bytes, with PIPELINING: the end of one mail and the commands of the next are one write."""
    line = socket.create_connection((settings.EMAIL_HOST, settings.EMAIL_PORT))
    answers = line.makefile("rb")
    answers.readline()
    line.sendall(b"EHLO bench\r\n")
    while answers.readline()[3:4] == b"-":
        pass
    commands = b"MAIL FROM:<bounce@vendor.example>\r\nRCPT TO:<r@example.com>\r\nDATA\r\n"
    data = prebuilt(size) + b".\r\n"
    line.sendall(commands)
    for number in range(count):
        assert [answers.readline()[:1] for _command in range(3)] == [b"2", b"2", b"3"]
        line.sendall(data + (commands if number < count - 1 else b""))
        assert answers.readline().startswith(b"2")
    line.sendall(b"QUIT\r\n")


def by_smtplib(count: int, size: int) -> None:
    source = prebuilt(size)
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as line:
        for number in range(count):
            line.sendmail("bounce@vendor.example", [f"r{number}@example.com"], source)


def by_django(count: int, _size: int) -> None:
    with get_connection() as line:
        for number in range(count):
            message = EmailMultiAlternatives("Notebook 3.1 is here", TEXT[0], to=[f"r{number}@example.com"], connection=line)
            message.attach_alternative(TEXT[1], "text/html")
            message.send()


def as_newsletter(count: int) -> None:
    """The work that django-newsletter does for each mail: three templates, MIME, and a connection of its own."""
    templates = [Template("{{ subject }}"), Template("Hello {{ name }}\n" + TEXT[0]), Template("<p>Hello {{ name }}</p>" + TEXT[1])]
    for number in range(count):
        context = Context({"subject": "Notebook 3.1 is here", "name": f"Reader {number}"})
        subject, text, html = (template.render(context) for template in templates)
        message = EmailMultiAlternatives(subject, text, to=[f"r{number}@example.com"], headers={"List-Unsubscribe": "<http://localhost/>"})
        message.attach_alternative(html, "text/html")
        message.send()


def ours(announcement: int) -> None:
    while working.work(announcement, 30):
        pass


KINDS = {"bare": bare, "smtplib": by_smtplib, "django": by_django, "newsletter": as_newsletter, "ours": ours}

if __name__ == "__main__":
    kind, *numbers = sys.argv[1:]
    if kind == "quietly":
        while working.work(int(numbers[0]), 30) or Announcement.objects.under_way().exists():
            pass
        sys.exit()
    print("READY", flush=True)
    sys.stdin.readline()
    KINDS[kind](*map(int, numbers))
