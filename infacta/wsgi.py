"""What gunicorn serves: the site, if its system checks find no error, and what must be done before it serves is done."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from infacta.character_sets import in_known_characters
from infacta.starting import demand_all_or_owe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")

application = in_known_characters(get_wsgi_application())
call_command("check", fail_level="ERROR")
demand_all_or_owe()
