"""`manage.py enrol_second_factor EMAIL`: enrol an authenticator app at the command line."""

from typing import Any

import qrcode
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import enrolment, second_factor
from accounts.addresses import address_key
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Show the picture that an authenticator app reads, ask for a code of the app, and print recovery codes. It replaces an earlier app."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the member of staff")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email_key=address_key(email), is_staff=True).first()
        if user is None:
            raise CommandError(f"No member of staff has the address {email!r}. Make one: manage.py create_staff {email}")
        begun = enrolment.begin(user)
        picture: qrcode.QRCode[Any] = qrcode.QRCode()
        picture.add_data(begun.address)
        picture.print_ascii(out=self.stdout)
        self.stdout.write(f"Scan the picture, or type this secret into the app: {begun.secret}")
        codes = second_factor.confirm(None, begun, input("The code that the app shows: "), may_replace=True)
        if codes is None:
            raise CommandError("This code does not fit. Check the clock of the telephone, and run the command again.")
        self.stdout.write("Enrolled. Keep these recovery codes on paper; each works once:")
        self.stdout.write("\n".join(f"  {code}" for code in codes))
