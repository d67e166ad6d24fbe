"""What staff write when they decide about an objection."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.holds import StaffText


class UpholdForm(forms.Form):
    text = StaffText(
        label=_("What was done, for the customer"), help_text=_("Word for word in the mail. Do it first: this says that it is done.")
    )


class RefuseObjectionForm(forms.Form):
    text = StaffText(
        label=_("Reason, for the customer"),
        help_text=_("Our compelling grounds, word for word in the mail, which also says whom else the customer can turn to."),
    )
