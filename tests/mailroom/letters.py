"""Mails as partners write them, and as nobody should."""

from email.message import EmailMessage

ORDER_TEXT = """\
Dear vendor,

Order number: R-1001
Order date: 01/02/2026
Name: Alice Archer
Company: Archer & Daughters
Address: 12 Quay Street
City: Galway
Postal code: H91 XR5A
Country: IE
Phone: +353 91 555 012
E-mail: Alice@example.com

Product code: NB-2
Product: Notebook
Quantity: 2
Price: 19.90

Total: $39.80
"""
REFUND_TEXT = "Order number: R-1001\nTotal: $39.80\n"
PASSED = "mx.example.net; dkim=pass (2048-bit key) header.d=regsoft.example header.s=s1; spf=pass"


def letter(
    text: str = ORDER_TEXT,
    subject: str = "Order R-1001",
    sender: str = "Orders <orders@regsoft.example>",
    to: str = "orders@vendor.example",
    number: str = "<1@regsoft.example>",
    results: str = PASSED,
    **more: str,
) -> EmailMessage:
    mail = EmailMessage()
    headers = {
        "Authentication-Results": results,
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": "Fri, 02 Jan 2026 03:04:05 -0500",
        "Message-ID": number,
    }
    for name, value in (headers | more).items():
        if value:
            mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail
