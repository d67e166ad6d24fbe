"""Whether gunicorn in this container answers a page as it would for nginx: exit status 0 if so. compose.yaml asks it every half minute."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

bind = os.environ.get("BIND", "127.0.0.1:8000")
headers = {"Host": urlsplit(os.environ["SITE_URL"]).netloc, "X-Forwarded-Proto": "https", "User-Agent": "healthy"}
try:
    with urllib.request.urlopen(urllib.request.Request(f"http://{bind}/contact/", headers=headers), timeout=5) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    sys.exit(f"the site does not answer: {error}")
