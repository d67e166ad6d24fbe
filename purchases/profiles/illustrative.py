"""Profiles to begin with. No format of RegSoft or Emetrix has survived in public: these show how a profile looks, and are off."""

from typing import Any

from purchases.models import FormProfile, OrderMailProfile

NOTE = "Illustrative: format not published. Hold it against what the partner really sends, and switch it on then."
FORM: dict[str, Any] = {
    "note": NOTE,
    "currency": "USD",
    "date_format": "%m/%d/%Y %H:%M:%S",
    "utc_offset_minutes": -300,
    "order_reference": "OrderNumber",
    "event_reference": "RefundNumber",
    "first_order": "OriginalOrderNumber",
    "date": "OrderDate",
    "total": "OrderTotal",
    "currency_name": "Currency",
    "product_code": "ProductCode{n}",
    "product_name": "ProductName{n}",
    "quantity": "Quantity{n}",
    "unit_price": "UnitPrice{n}",
    "delivery_option": "Delivery{n}",
    "email": "Email",
    "name": "FirstName, LastName",
    "company": "Company",
    "address1": "Address1",
    "address2": "Address2",
    "city": "City",
    "region": "State",
    "postal_code": "Zip",
    "country": "Country",
    "telephone": "Phone",
    "fax": "Fax",
    "ip": "CustomerIP",
    "test_flag": "Test",
    "test_values": "Y, yes, 1, true",
    "kind": "Type",
    "purchase_values": "sale, order",
    "renewal_values": "renewal",
    "refund_values": "refund",
    "refund_reversed_values": "refund reversed",
    "chargeback_values": "chargeback",
    "chargeback_reversed_values": "chargeback reversed",
}
LINE = r"^[ \t]*{label}[ \t]*:[ \t]*(.+)$"
MAIL: dict[str, Any] = {
    "note": NOTE,
    "currency": "USD",
    "date_format": "%m/%d/%Y",
    "utc_offset_minutes": -300,
    "requires_dkim": True,
    "authserv_id": "mx.example.net",
    "order_reference": LINE.format(label="Order number"),
    "date": LINE.format(label="Order date"),
    "total": LINE.format(label="Total"),
    "currency_pattern": LINE.format(label="Currency"),
    "product_code": LINE.format(label="Product code"),
    "product_name": LINE.format(label="Product"),
    "quantity": LINE.format(label="Quantity"),
    "unit_price": LINE.format(label="Price"),
    "email": LINE.format(label="E-?mail"),
    "name": LINE.format(label="Name"),
    "company": LINE.format(label="Company"),
    "address1": LINE.format(label="Address"),
    "city": LINE.format(label="City"),
    "region": LINE.format(label="State"),
    "postal_code": LINE.format(label="(?:Zip|Postal code)"),
    "country": LINE.format(label="Country"),
    "telephone": LINE.format(label="Phone"),
    "fax": LINE.format(label="Fax"),
    "test": r"^\*+ ?test order",
}
DOMAINS = {"regsoft": "regsoft.example", "emetrix": "emetrix.example"}


def add_illustrative_profiles() -> int:
    """One form profile and two order-mail profiles for each of the two partners, unless they are there; returns how many were added."""
    added = 0
    for partner, domain in DOMAINS.items():
        added += FormProfile.objects.get_or_create(partner=partner, defaults=FORM)[1]
        common = MAIL | {"sender": f"@{domain}", "dkim_domain": domain}
        refund = {name: common[name] for name in common if name in REFUND} | {"kind": "refund", "subject": r"^refund\b"}
        order = common | {"subject": r"^(?:new )?order\b"}
        for title, values in (("Orders (illustrative)", order), ("Refunds (illustrative)", refund)):
            added += OrderMailProfile.objects.get_or_create(partner=partner, title=title, defaults=values)[1]
    return added


REFUND = {
    "note",
    "currency",
    "date_format",
    "utc_offset_minutes",
    "requires_dkim",
    "authserv_id",
    "sender",
    "dkim_domain",
    "order_reference",
    "total",
    "currency_pattern",
    "test",
}
