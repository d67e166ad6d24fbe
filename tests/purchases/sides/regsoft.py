from contextlib import contextmanager
from urllib.parse import urlencode

from purchases.models import FormProfile
from purchases.profiles.illustrative import add_illustrative_profiles
from tests.purchases.sides import Message, Opened, Settings, Side

SECRET = "a-form-secret-for-the-tests-1"
ORDER = {
    "OrderNumber": "R-1001",
    "OrderDate": "01/02/2026 03:04:05",
    "Type": "sale",
    "OrderTotal": "39.80",
    "Currency": "USD",
    "ProductCode1": "NB-2",
    "ProductName1": "Notebook",
    "Quantity1": "2",
    "UnitPrice1": "19.90",
    "Email": "Alice@example.com",
    "FirstName": "Alice",
    "LastName": "Archer",
    "Company": "Archer & Daughters",
    "Address1": "12 Quay Street",
    "City": "Galway",
    "Zip": "H91 XR5A",
    "Country": "IE",
    "Phone": "+353 91 555 012",
    "CustomerIP": "203.0.113.7",
}
AFTERWARDS = {"OrderNumber": "R-1001", "OrderDate": "02/02/2026 03:04:05"}


def side_of(slug: str) -> Side:
    """Both partners' illustrative profiles are the same."""

    @contextmanager
    def opened(settings: Settings) -> Opened:
        settings.PARTNERS[slug] = {"secrets": [SECRET]}
        add_illustrative_profiles()
        FormProfile.objects.filter(partner=slug).update(is_on=True)
        yield

    def message(form: dict[str, str], secret: str = SECRET) -> list[Message]:
        path = f"/partners/{slug}/notify/{secret}/"
        return [Message(path, urlencode(form).encode(), content_type="application/x-www-form-urlencoded")]

    return Side(
        slug=slug,
        product_code="NB-2",
        opened=opened,
        purchase=lambda: message(ORDER),
        refund=lambda: message(AFTERWARDS | {"Type": "refund"}),
        chargeback=lambda: message(AFTERWARDS | {"Type": "chargeback"}),
        chargeback_reversed=lambda: message(AFTERWARDS | {"Type": "Chargeback reversed", "OrderDate": "03/02/2026 03:04:05"}),
        test_event=lambda: message(ORDER | {"Test": "Y"}),
        forged=lambda: message(ORDER, "another-secret-for-the-tests"),
        stale=None,
        malformed=lambda: message(ORDER | {"OrderDate": "yesterday"}),
        renewal=lambda: message(ORDER | {"Type": "renewal", "OrderNumber": "R-2001", "OriginalOrderNumber": "R-1001"}),
        missing={"stale": "nothing is signed"},
    )


SIDE = side_of("regsoft")
