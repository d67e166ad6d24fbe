"""django-newsletter itself, with an SQLite of its own: `NEWSLETTER_PYTHON bench/announcements_newsletter.py PORT COUNT FOLDER`. NEWSLETTER_PYTHON is
a Python that has it installed. Says READY, waits for a line, and sends, with its own default templates.
"""

import sys
from pathlib import Path

import django
from django.conf import settings

TEXT = "<p>Notebook 3.1 opens faster, and finds what you wrote years ago. </p>" * 30


def main(port: int, count: int, folder: str) -> None:
    apps = ["contenttypes", "auth", "sessions", "sites", "admin", "messages"]
    settings.configure(
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "newsletter"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "newsletter.sqlite3")}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        ROOT_URLCONF="newsletter.urls",
        SECRET_KEY="x",
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    )
    django.setup()
    from django.core.management import call_command
    from newsletter.models import Article, Message, Newsletter, Submission, Subscription

    call_command("migrate", verbosity=0)
    newsletter = Newsletter.objects.create(title="News", slug="news", email="news@vendor.example", sender="Vendor")
    Subscription.objects.bulk_create(
        [Subscription(newsletter=newsletter, email_field=f"r{number}@example.com", subscribed=True) for number in range(count)]
    )
    message = Message.objects.create(title="Notebook 3.1", slug="notebook", newsletter=newsletter)
    Article.objects.create(title="Notebook 3.1", text=TEXT, post=message, sortorder=10)
    submission = Submission.from_message(message)
    print("READY", flush=True)
    sys.stdin.readline()
    submission.submit()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
