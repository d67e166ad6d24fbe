"""nginx as an operator installs it, on ports and in folders of one's own, with a certificate that nobody vouches for."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from bench.own_servers import ROOT, await_port, free_port

HOST = "customers.example.com"
FOLDERS = ("/var/lib/infacta", f"/etc/letsencrypt/live/{HOST}", "/var/www/letsencrypt", "/var/log/nginx")
CODE = "/srv/infacta"
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def can_have_nginx() -> bool:
    return bool(shutil.which("nginx") and shutil.which("openssl"))


class OwnNginx:
    """Before the site at `site_port`; everything of its lies in `folder`, which is the site's DATA_DIR too."""

    def __init__(self, folder: Path, site_port: int) -> None:
        self.folder, self.site_port, self.port = folder, site_port, free_port()
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
        subprocess.run([*command, *files], check=True, capture_output=True)
        configuration = folder / "nginx.conf"
        configuration.write_text(self.configuration())
        command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        await_port(self.port)

    def configuration(self) -> str:
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in KINDS)
        return (
            f"daemon off; {user} worker_processes 1; pid {self.folder}/pid;\n"
            f"events {{ worker_connections 512; }}\nhttp {{\n{temporary}\n{self.servers()}\n}}\n"
        )

    def servers(self) -> str:
        text = documented()
        for folder in FOLDERS:
            text = text.replace(folder, str(self.folder))
        text = text.replace(CODE, str(ROOT)).replace("127.0.0.1:8000", f"127.0.0.1:{self.site_port}")
        text = re.sub(r"^\s*listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
        return re.sub(r"listen 80\b", f"listen 127.0.0.1:{free_port()}", text).replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def documented() -> str:
    shipped = ROOT / "deploy" / "nginx" / "infacta.conf"
    return (
        shipped.read_text()
        if shipped.exists()
        else (ROOT / "docs" / "operating.md").read_text().partition("```nginx\n")[2].partition("```")[0]
    )
