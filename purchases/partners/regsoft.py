"""RegSoft: no format of its notifications is published any more (docs/partners/regsoft.md), so a profile says how to read them."""

from purchases.partners.form_partner import FormPartner


class RegSoft(FormPartner):
    slug = "regsoft"
    name = "RegSoft"
