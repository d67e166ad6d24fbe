"""Mails that are for this app (mailroom/incoming.py)."""

from mailroom.incoming import handles
from support.by_mail import receiving

handles("answers in support cases", receiving.is_answer, before_others=True)(receiving.take_answer)
handles("questions to support", receiving.is_question)(receiving.take_question)
