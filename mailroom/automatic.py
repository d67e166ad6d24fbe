"""Mails that nobody wrote: from a mail server, or answered by a program (RFC 3834)."""

import re

from mailroom.opening import Mail

SYSTEM = re.compile(r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?delivery[a-z-]*|double-bounce|microsoftexchange[0-9a-f]+)@", re.IGNORECASE)


def comes_from_a_server(mail: Mail) -> bool:
    return is_from_a_system(mail) or mail.header("return-path").strip() == "<>"


def is_from_a_system(mail: Mail) -> bool:
    return bool(SYSTEM.match(mail.sender) or mail.header("x-failed-recipients"))


def is_automatic_answer(mail: Mail) -> bool:
    """Out of the office, received with thanks: mail systems mark their bounces with Auto-Submitted too."""
    marks = mail.header("x-autoreply") or mail.header("x-autorespond")
    automatic = mail.header("auto-submitted").strip().lower() not in ("", "no")
    many = mail.header("precedence").strip().lower() in ("bulk", "junk", "auto_reply", "list")
    return bool(marks) or ((automatic or many) and not is_from_a_system(mail))
