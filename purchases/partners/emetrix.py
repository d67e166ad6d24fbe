"""Emetrix: no format of its notifications is published any more (docs/partners/emetrix.md), so a profile says how to read them."""

from purchases.partners.form_partner import FormPartner


class Emetrix(FormPartner):
    slug = "emetrix"
    name = "Emetrix"
