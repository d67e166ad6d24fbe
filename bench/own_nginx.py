"""nginx with the very file that an operator installs (deploy/nginx/infacta.conf), on ports and in folders of one's own. The tests use it too."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.own_servers import ROOT, await_port, free_port

HOST = "customers.example.com"
INSTALLED = (ROOT / "deploy" / "nginx" / "infacta.conf").read_text()
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
MIME_TYPES = Path("/etc/nginx/mime.types")


ONE_ADDRESS = {
    "rate=30r/s": "rate=10000r/s",
    "rate=30r/m": "rate=10000r/s",
    "limit_conn infacta_requests 60;": "limit_conn infacta_requests 1000;",
}
"""Changes for a load: all of its clients have one address, which those of a site have not, and the limits count addresses."""


def can_have_nginx() -> bool:
    return bool(shutil.which("nginx") and shutil.which("openssl"))


def configuration(
    folder: Path, site_port: int, port: int, plain_port: int, host: str = HOST, changes: Mapping[str, str] | None = None
) -> str:
    """A whole nginx.conf around the installed file, before the site at `site_port`. Everything of it lies in `folder`, which is the site's DATA_DIR too;
    the certificate is looked for there. `changes` are more of them, from what stands in the file to what is needed.
    """
    text = re.sub(r"^\s*listen \[::\]:.*\n", "", INSTALLED, flags=re.MULTILINE)
    for installed, own in {
        "/var/lib/infacta": str(folder),
        f"/etc/letsencrypt/live/{HOST}": str(folder),
        "/var/www/letsencrypt": str(folder),
        "/var/log/nginx": str(folder),
        "/srv/infacta": str(ROOT),
        "server 127.0.0.1:8000": f"server 127.0.0.1:{site_port}",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        HOST: host,
        **(changes or {}),
    }.items():
        assert installed in text, installed
        text = text.replace(installed, own)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in KINDS)
    user = "user root;" if os.geteuid() == 0 else ""
    types = f"include {MIME_TYPES};" if MIME_TYPES.exists() else "types { text/css css; text/html html; }"
    return (
        f"daemon off; {user} include {ROOT}/deploy/nginx/main.conf; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n{types}\n{temporary}\n{text}\n}}\n"
    )


class OwnNginx:
    """Before the site at `site_port`, with a certificate that nobody vouches for, and limits that a load from one address does not meet."""

    def __init__(self, folder: Path, site_port: int) -> None:
        self.port = free_port()
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
        subprocess.run([*command, *files], check=True, capture_output=True)
        file = folder / "nginx.conf"
        file.write_text(configuration(folder, site_port, self.port, free_port(), changes=ONE_ADDRESS))
        command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        await_port(self.port)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)
