"""`manage.py first_rows`: the first administrator and the first product of a new site; run again, it makes nothing twice."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import User
from downloads.models import Product
from infacta.commands import DONE, UNUSABLE, SiteCommand

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are written in (Crockford's base 32)."""


class Command(SiteCommand):
    help = (
        "Make the first administrator and the first product. Whoever is staff already, and a product whose code is known, stay as they are."
    )
    examples = ("--staff-email you@vendor.example --product-name Notebook --product-code NOTEBOOK",)
    statuses = {DONE: "both are there", UNUSABLE: "a value cannot be used"}
    changes = "one member of staff, one product"
    run_by = "manage.py setup; an operator who wrote the environment by hand"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--staff-email", default="", help="the address that the administrator logs in with")
        parser.add_argument("--staff-name", default="", help="their name")
        parser.add_argument("--product-name", default="", help="the product's name")
        parser.add_argument("--product-code", default="", help="what partners' notifications call it")
        parser.add_argument("--product-summary", default="", help="the product in one sentence")

    def handle(self, *args: Any, staff_email: str, staff_name: str, **options: Any) -> None:
        if options["product_name"]:
            self.make_product(options["product_name"], options["product_code"], options["product_summary"])
        if not staff_email:
            return
        if User.objects.filter(email__iexact=staff_email, is_staff=True).exists():
            self.say(f"{staff_email} is staff already.")
        else:
            call_command("create_staff", staff_email, name=staff_name, role="administration", stdout=self.stdout)

    def make_product(self, name: str, code: str, summary: str) -> None:
        product = Product(name=name, code=code, slug=slugify(code), tagline=summary, unlock_prefix=prefix_for(code))
        if Product.objects.filter(code=code).exists():
            self.say(f"There is a product with the code {code} already.")
            return
        try:
            product.full_clean()
            with transaction.atomic():
                product.save(force_insert=True)
        except (ValidationError, IntegrityError) as error:
            said = "; ".join(error.messages) if isinstance(error, ValidationError) else "another process made it just now"
            raise CommandError(f"The product was not made: {said}", returncode=UNUSABLE) from error
        self.say(f"The product {name} is there: {product.get_absolute_url()}. Its unlock codes begin with {product.unlock_prefix}.")


def prefix_for(code: str) -> str:
    """Two to six characters that begin its unlock codes: the first ones of the product's code that may stand there, a letter first."""
    found = "".join(character for character in code.upper() if character in LETTERS).lstrip("0123456789")[:3]
    return found if len(found) > 1 else "PRD"
