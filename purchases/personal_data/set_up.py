"""How partners are set up, and what they sell: nothing of persons."""

from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from privacy.registry import ModelDeclaration, not_personal, registry

registry.model(
    ModelDeclaration(
        "purchases.PartnerSecret",
        _("Partners' secrets"),
        not_personal("a secret of the site and a partner, sealed", ["id", "partner", "label", "sealed", "fingerprint", "added_at"])
        | not_personal("which member of staff added it; kept as long as the secret counts", ["added_by"]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.ProductCode",
        _("Catalogue"),
        not_personal("names a product", ["id", "partner", "code", "product", "edition", "is_upgrade"]),
    )
)

PROFILE = ["id", "partner", "is_on", "currency", "decimal_separator", "date_format", "utc_offset_minutes", "note"]
FORM_VALUES = ["test_values", "purchase_values", "renewal_values", "refund_values"]
FORM_VALUES += ["refund_reversed_values", "chargeback_values", "chargeback_reversed_values"]
NAMES_OF_FIELDS = "names a field of a partner's form, and holds nothing that stood there"
registry.model(
    ModelDeclaration(
        "purchases.FormProfile",
        _("How partners' forms are read"),
        not_personal("how a partner writes", [*PROFILE, "character_set", *FORM_VALUES])
        | not_personal(NAMES_OF_FIELDS, ["order_reference", "event_reference", "first_order", "date", "total", "currency_name"])
        | not_personal(NAMES_OF_FIELDS, ["product_code", "product_name", "quantity", "unit_price", "delivery_option"])
        | not_personal(NAMES_OF_FIELDS, ["email", *CONTACT_FIELDS, "ip", "test_flag", "kind"]),
    )
)
PATTERNS = "a pattern for partners' mails, and holds nothing that stood there"
registry.model(
    ModelDeclaration(
        "purchases.OrderMailProfile",
        _("How partners' order mails are read"),
        not_personal("how a partner writes", [*PROFILE, "title", "kind", "numbers_itself"])
        | not_personal("names the partner's address or servers", ["sender", "requires_dkim", "dkim_domain", "authserv_id"])
        | not_personal("a digest of a random secret", ["address_digest"])
        | not_personal(PATTERNS, ["subject", "order_reference", "event_reference", "date", "total", "currency_pattern", "test"])
        | not_personal(PATTERNS, ["product_code", "product_name", "quantity", "unit_price", "email", *CONTACT_FIELDS]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.Silence",
        _("Partners who were silent"),
        not_personal("says when a partner told us nothing", ["id", "partner", "since", "usual_seconds", "noticed_at", "ended_at"]),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.Offer",
        _("Offers"),
        not_personal(
            "what a partner sells of our products",
            ["id", "partner", "product", "edition", "kind", "code", "price", "currency", "least", "most", "position", "is_on_sale"],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "purchases.OfferOption",
        _("Options of offers"),
        not_personal("what may be chosen with an offer", ["id", "offer", "name", "value", "position"]),
    )
)
