"""Contact data: what a partner or a form tells us about a person (promise G4)."""

from dataclasses import dataclass, fields

from django.db import models
from django.db.models.functions import Replace, Upper
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Contact:
    """A person as somebody reported them; every part but `email` may be empty."""

    email: str
    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    telephone: str = ""
    fax: str = ""


CONTACT_FIELDS = tuple(field.name for field in fields(Contact) if field.name != "email")


def as_compared(name: str) -> Upper:
    """A column in the form in which two spellings of a postal code are equal: capitals without spaces."""
    return Upper(Replace(name, models.Value(" "), models.Value("")))


class ContactData(models.Model):
    """The columns of contact data, shared by accounts and by purchases."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    address1 = models.CharField(_("address"), max_length=200, blank=True)
    address2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=30, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    telephone = models.CharField(_("telephone"), max_length=50, blank=True)
    fax = models.CharField(_("fax"), max_length=50, blank=True)

    class Meta:
        abstract = True

    @property
    def postal_address(self) -> str:
        """The address as it is written on an envelope, one line each; "" if there is none."""
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return "\n".join(line for line in (self.address1, self.address2, town, self.region, self.country) if line)

    @property
    def contact_parts(self) -> dict[str, str]:
        """The contact data that there is, by the names of its fields."""
        return {name: getattr(self, name) for name in CONTACT_FIELDS if getattr(self, name)}

    def fill_in(self, contact: Contact) -> list[str]:
        """Take over what is still blank here, and nothing else: a customer's own words win. Returns the names of the fields filled."""
        filled = [name for name in CONTACT_FIELDS if not getattr(self, name) and getattr(contact, name)]
        for name in filled:
            setattr(self, name, getattr(contact, name))
        return filled
