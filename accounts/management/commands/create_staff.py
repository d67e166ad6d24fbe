"""`manage.py create_staff EMAIL`: an account for a member of staff."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from accounts.contact import Contact
from accounts.models import RecordOpening, User
from accounts.passwords import set_password_url
from accounts.roles import ADMINISTRATION, ROLES, SUPPORT, group_of, is_last_administrator, lock_rights, may_appoint, role_of
from audit.kinds import Kind
from audit.log import record
from infacta.commands import DONE, WRONG, SiteCommand, Unusable, taken_back


class Command(SiteCommand):
    help = (
        "Make a member of staff, and print the link by which they set their password. An account of that address is kept and becomes staff. "
        "You need it for the first administrator, and where nobody is left who can log in; otherwise administrators appoint staff in the staff area. "
        "Run again for somebody who is staff already, it changes their role, or makes another link. With --quiet it prints the link alone."
    )
    examples = (
        'ada@example.com --name "Ada Archer" --role administration',
        "sam@example.com  # support, or the role that they have",
        "ada@example.com --superuser --dry-run",
    )
    statuses = {DONE: "they are staff, and the link is printed", WRONG: "it would leave nobody who can appoint staff"}
    subject = "Setting up and running the site"
    changes = "the account, its role, the audit log; a link that is good for three days"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "make nobody staff, and tell what they would be")
        parser.add_argument("email", help="the address they log in with")
        parser.add_argument("--name", default="", help="their name")
        roles = [role.lower() for role in ROLES]
        parser.add_argument("--role", choices=roles, help="what they may do (default: what they may already, or else support)")
        parser.add_argument(
            "--superuser",
            action="store_true",
            help="may do everything, whatever the roles say: for emergencies, until run again without it",
        )

    def handle(self, *args: Any, email: str, name: str, role: str | None, superuser: bool, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise Unusable(f"{email!r} is not an e-mail address.") from error
        order = (Contact(email=email, name=name), (role or "").capitalize(), superuser)
        if options["dry_run"]:
            with taken_back():
                user, given = appoint(*order)
            self.say(f"{user.email} would be staff ({given}). Nothing was changed.")
            return
        user, given = appoint(*order)
        self.say(f"{user.email} is staff ({given}). They set a password, within three days, at")
        self.stdout.write(f"{'  ' if self.verbosity else ''}{set_password_url(user)}")
        self.say(f"then log in at {settings.SITE_URL}{reverse('admin:index')}, where they enrol an authenticator app.")


@transaction.atomic
def appoint(contact: Contact, role: str, superuser: bool) -> tuple[User, str]:
    """Make the person staff, in this role or else in the one they have; returns the account and the role.

    Raises CommandError if nobody would be left who can appoint staff.
    """
    lock_rights()
    user, _opened = User.objects.open_or_join(contact)
    role = role or role_of(user) or SUPPORT
    if role != ADMINISTRATION and not superuser and may_appoint(user.pk) and is_last_administrator(user):
        raise CommandError(
            f"{user.email} is the last administrator. Make another one first: manage.py create_staff EMAIL --role administration"
        )
    user.is_staff, user.is_superuser = True, superuser
    user.save(update_fields=["is_staff", "is_superuser"])
    user.groups.set([group_of(role)])
    RecordOpening.objects.filter(staff=user).close()
    given = role.lower() + (", superuser" if superuser else "")
    record(Kind.STAFF_CHANGED, user=user, role=given, by="command line")
    return user, given
