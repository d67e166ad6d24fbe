"""`manage.py load_demo`: a small catalogue with real files, a customer and an administrator."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction

from downloads.models import Product
from infacta.commands import DONE, UNUSABLE, SiteCommand, Unusable
from website import demo

PLACES = """
The site is at           {url}/
  the customer's area    {url}/resources/        {customer}, password: {password}
  a promotion            {url}/promotions/welcome/  with the code {promotion_code}
  the staff area         {url}/staff/            {staff}, the same password; then a code: make staff-code"""
OWN_PLACES = """
The site is at           {url}/
  the customer's area    {url}/resources/
  the staff area         {url}/staff/            (manage.py create_staff makes an administrator, if there is none)"""
MORE = """
  the mails              {url}/development/mail/  (files in {mail})

Play the partner, in another terminal:

    make demo EMAIL=you@example.com{port}

Ctrl-C ends it all; the data stays in {data}.
"""


class Command(SiteCommand):
    help = (
        "Load the demonstration, unless there is a catalogue already, and say how to use the site. Development installations only: it brings people with a "
        "password that everybody knows, and a production site refuses it."
    )
    examples = ("", "--dry-run", "--code  # what the administrator's authenticator app would show")
    statuses = {
        DONE: "it is there, from now or from before",
        UNUSABLE: "this is a production site, or nobody has the app of --code, or the arguments cannot be used",
    }
    subject = "Development"
    changes = "products with files, a customer, an administrator, a promotion, an announcement; keys that are not there yet"
    run_by = "a developer, by hand (make run)"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "load nothing, and tell whether it would be loaded")
        parser.add_argument("--code", action="store_true", help="only print the code that the administrator's authenticator app would show")

    def handle(self, *args: Any, code: bool, dry_run: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise Unusable("This loads people with a password that everybody knows: never into a production site.")
        if code:
            self.stdout.write(self.staff_code())
            return
        if dry_run:
            there = "There is a catalogue already; it would stay as it is."
            self.say(f"{there if Product.objects.exists() else 'The demonstration would be loaded.'} Nothing was changed.")
            return
        with transaction.atomic():
            loaded = demo.load()
        self.say("The demonstration is loaded." if loaded else "There is a catalogue already; it stays as it is.")
        port = settings.SITE_URL.rpartition(":")[2]
        self.say(
            ((PLACES if demo.is_loaded() else OWN_PLACES) + MORE).format(
                url=settings.SITE_URL,
                customer=demo.CUSTOMER.email,
                staff=demo.STAFF.email,
                password=demo.PASSWORD,
                promotion_code=demo.PROMOTION_CODE,
                mail=settings.MAIL_DIR,
                data=settings.DATA_DIR,
                port="" if port == "8000" else f" PORT={port}",
            )
        )

    def staff_code(self) -> str:
        if not (found := demo.staff_code()):
            raise Unusable(
                f"There is no {demo.STAFF.email} here: the demonstration is not loaded. Your own authenticator app shows your code."
            )
        return found
