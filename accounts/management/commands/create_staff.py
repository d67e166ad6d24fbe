"""`manage.py create_staff EMAIL`: an account for a member of staff."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from accounts.contact import Contact
from accounts.models import User
from accounts.passwords import set_password_url
from accounts.roles import support_group
from audit.kinds import Kind
from audit.log import record

ROLES = ("support", "administration")


class Command(BaseCommand):
    help = (
        "Make a member of staff, and print the link by which they set their password. An account of that address is kept and becomes staff."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they log in with")
        parser.add_argument("--name", default="", help="their name")
        parser.add_argument("--role", choices=ROLES, help="what they may do (default: what they may already, or else support)")

    def handle(self, *args: Any, email: str, name: str, role: str | None, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email!r} is not an e-mail address.") from error
        with transaction.atomic():
            user, _opened = User.objects.open_or_join(Contact(email=email, name=name))
            role = role or ("administration" if user.is_superuser else "support")
            user.is_staff, user.is_superuser = True, role == "administration"
            user.save(update_fields=["is_staff", "is_superuser"])
            user.groups.set([support_group()] if role == "support" else [])
            record(Kind.STAFF_CHANGED, user=user, role=role, by="command line")
        self.stdout.write(f"{user.email} is staff ({role}). They set a password, within three days, at\n  {set_password_url(user)}")
        self.stdout.write(f"then log in at {settings.SITE_URL}{reverse('admin:index')}, where they enrol an authenticator app.")
