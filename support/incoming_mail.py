"""What this app has to do with mails that come and go: whose they are (mailroom/incoming.py), and what is enclosed (mailroom/attaching.py)."""

from mailroom.incoming import handles
from support.by_mail import copies, receiving

handles("answers in support cases", receiving.is_answer, before_others=True)(receiving.take_answer)
handles("questions to support", receiving.is_question)(receiving.take_question)

__all__ = ["copies"]
