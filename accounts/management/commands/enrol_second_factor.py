"""`manage.py enrol_second_factor EMAIL`: enrol an authenticator app at the command line."""

from typing import Any

import qrcode
from django.core.management.base import CommandError, CommandParser

from accounts import enrolment, second_factor
from accounts.addresses import address_key
from accounts.models import User
from infacta.commands import DONE, WRONG, SiteCommand, Unusable


class Command(SiteCommand):
    help = (
        "Show the picture that an authenticator app reads, ask for a code of the app, and print recovery codes. It is for a member of staff who sits "
        "beside you and has lost the app; whoever can log in enrols one in the staff area. It replaces an earlier app and earlier recovery codes; "
        "until the app's code was typed and fits, nothing is changed. With --quiet it prints the recovery codes alone."
    )
    examples = ("sam@example.com", "sam@example.com --dry-run")
    statuses = {DONE: "the app is enrolled", WRONG: "the code did not fit; nothing was changed"}
    subject = "Setting up and running the site"
    changes = "the member's authenticator app and recovery codes, the audit log; they get a mail"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "ask for no code, and tell whose app would be enrolled")
        parser.add_argument("email", help="the member of staff")

    def handle(self, *args: Any, email: str, dry_run: bool, **options: Any) -> None:
        user = User.objects.filter(email_key=address_key(email), is_staff=True).first()
        if user is None:
            raise Unusable(f"No member of staff has the address {email!r}. Make one: manage.py create_staff {email}")
        if dry_run:
            replaced = ", and the one that they have would be replaced" if second_factor.app_of(user) else ""
            self.say(f"An app would be enrolled for {user.email}{replaced}. Nothing was changed.")
            return
        begun = enrolment.begin(user)
        picture: qrcode.QRCode[Any] = qrcode.QRCode()
        picture.add_data(begun.address)
        picture.print_ascii(out=self.stdout)
        self.stdout.write(f"Scan the picture, or type this secret into the app: {begun.secret}")
        codes = second_factor.confirm(None, begun, input("The code that the app shows: "), may_replace=True)
        if codes is None:
            raise CommandError("This code does not fit. Check the clock of the telephone, and run the command again.")
        self.say("Enrolled. Keep these recovery codes on paper; each works once:")
        self.stdout.write("\n".join(f"  {code}" for code in codes))
