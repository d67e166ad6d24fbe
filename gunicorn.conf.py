"""gunicorn: threads, so that a long upload or a slow client blocks nobody; the port and the number of workers from the environment."""

import os
from typing import Any

from gunicorn.glogging import Logger

from infacta.web_log import shown

bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "127.0.0.1,::1")
header_map = "drop"
limit_request_line = 8190  # as long as nginx takes; what is longer, nginx refuses with a page
accesslog = os.environ.get("ACCESS_LOG") or None

# The privacy policy promises that the web log holds the page, the time, the address and the browser's name: nothing else goes in.
access_log_format = '%(h)s - - %(t)s "%(r)s" %(s)s %(b)s "%(a)s"'


class WebLog(Logger):
    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> dict[str, Any]:
        atoms = super().atoms(resp, req, environ, request_time)
        return atoms | {"r": f"{atoms['m']} {shown(environ.get('RAW_URI', ''))} {atoms['H']}"}


logger_class = WebLog
control_socket_disable = True
