"""Mails as customers' programs write them, in answer to one of ours; ADDRESS stands for the address of the case."""

from email.message import EmailMessage

from django.conf import settings

from support.models import Case

WORDS = "It still does not start.\nThe window stays grey."
OUTLOOK_BLOCK = "From: Example Software <site@vendor.example>\nSent: Monday, November 3, 2025 10:12 AM\nTo: Vera Visitor <visitor@example.net>\nSubject: Answer to your case\n"
OURS = "Hello,\n\nthis is our answer to your case:\n\nPlease restart it."
MARKED = "\n".join(f"> {line}".rstrip() for line in OURS.split("\n"))

TEXTS = {
    "gmail": f"{WORDS}\n\nOn Mon, Nov 3, 2025 at 10:12 AM Example Software <site@vendor.example>\nwrote:\n\n{MARKED}\n",
    "gmail, German": f"{WORDS}\n\nAm Mo., 3. Nov. 2025 um 10:12 Uhr schrieb Example Software <\nsite@vendor.example>:\n\n{MARKED}\n",
    "gmail, German, of old": f"{WORDS}\n\nExample Software <site@vendor.example> schrieb am Mo., 3. Nov. 2025, 10:12:\n\n{MARKED}\n",
    "apple mail": f"{WORDS}\n\n> On 3 Nov 2025, at 10:12, Example Software <site@vendor.example> wrote:\n> \n{MARKED}\n",
    "apple mail, German": f"{WORDS}\n\n\n> Am 03.11.2025 um 10:12 schrieb Example Software <site@vendor.example>:\n> \n{MARKED}\n",
    "thunderbird": f"{WORDS}\n\nOn 03/11/2025 10:12, Example Software wrote:\n{MARKED}\n",
    "thunderbird, German": f"{WORDS}\n\nAm 03.11.25 um 10:12 schrieb Example Software:\n{MARKED}\n",
    "thunderbird, below": f"Am 03.11.25 um 10:12 schrieb Example Software:\n{MARKED}\n\n{WORDS}\n\n-- \nVera Visitor\nArcher & Daughters\n",
    "outlook": f"{WORDS}\n\nKind regards,\nVera\n\n________________________________\n{OUTLOOK_BLOCK}\n{OURS}\n",
    "outlook, German": f"{WORDS}\n\nVon: Example Software <site@vendor.example>\nGesendet: Montag, 3. November 2025 10:12\nAn: Vera Visitor\nBetreff: Ihr Fall\n\n{OURS}\n",
    "outlook, of old": f"{WORDS}\n\n-----Original Message-----\n{OUTLOOK_BLOCK}\n{OURS}\n",
    "outlook, German, of old": f"{WORDS}\n\n-----Ursprüngliche Nachricht-----\n{OURS}\n",
    "yahoo, French": f"{WORDS}\n\nLe lundi 3 novembre 2025 à 10:12:00 UTC+1, Example Software <site@vendor.example> a écrit :\n\n{MARKED}\n",
    "gmx": f'{WORDS}\n\nGesendet: Montag, 03. November 2025 um 10:12 Uhr\nVon: "Example Software" <site@vendor.example>\nAn: visitor@example.net\nBetreff: Ihr Fall\n{OURS}\n',
    "plain": f"{WORDS}\n",
}  # fmt: skip
HTML = """<html><head><style>p {color: red}</style></head><body><div dir="ltr">It still does not start.<br>The window stays grey.</div><br>
<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 3, 2025 at 10:12 AM Example Software &lt;site@vendor.example&gt; wrote:<br></div>
<blockquote><p>Please restart it.</p></blockquote></div></body></html>"""


def mail_to(
    to: str,
    text: str = WORDS,
    sender: str = "Vera Visitor <visitor@example.net>",
    subject: str = "Re: Answer to your case",
    number: str = "<CA+first@mail.example.net>",
    files: tuple[tuple[str, bytes], ...] = (),
    **more: str,
) -> bytes:
    mail = EmailMessage()
    for name, value in {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": number,
        "Date": "Mon, 3 Nov 2025 11:00:00 +0100",
    }.items():
        if value:
            mail[name] = value
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(content, "application", "octet-stream", filename=name)
    return mail.as_bytes()


def answer_to(case: Case, text: str = WORDS, **more) -> bytes:
    return mail_to(f"Example Software <{case.mail_address}>", text, **more)


def question(text: str = WORDS, subject: str = "Notebook does not start", **more) -> bytes:
    return mail_to(settings.SUPPORT_EMAIL, text, subject=subject, **more)
