"""gunicorn: threads, so that a long upload or a slow client blocks nobody; the port and the number of workers from the environment."""

import os

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
accesslog = os.environ.get("ACCESS_LOG") or None
control_socket_disable = True
