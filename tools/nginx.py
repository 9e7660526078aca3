"""nginx as the front of several processes, with the site file that is shipped (deploy/nginx/schwarm.conf).

It needs no rights and writes into one folder only. `make run WORKERS=n` and the tests of `make acceptance` use it.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "deploy" / "nginx" / "schwarm.conf"
NOTED = ROOT / ".venv" / "nginx-path"
# Debian keeps it where only root looks.
FURTHER_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")

MAIN = """
daemon off;
{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {site};
}}
"""


def find_nginx() -> str | None:
    """The path of nginx: NGINX, the one that tools/nginx.sh found, or one on this machine. None if there is none."""
    if named := os.environ.get("NGINX"):
        return shutil.which(named)
    if NOTED.exists():
        return NOTED.read_text().strip()
    return shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), *FURTHER_FOLDERS)))


def front(nginx: str, folder: Path, host: str, port: int, processes: Sequence[int]) -> list[str]:
    """Write the configuration of a front for the processes on these ports. :return: the command that serves it."""
    parts = folder / "schwarm"
    parts.mkdir(parents=True, exist_ok=True)
    address = f"[{host}]" if ":" in host else host
    (parts / "listen.conf").write_text(f"listen {address}:{port} backlog=1024;\n")
    servers = [f"server 127.0.0.1:{own} max_fails=0;\n" for own in processes]
    (parts / "processes.conf").write_text("".join(servers))
    # Root's nginx would work as another user, who may not write into the folder.
    user = "user root; " if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder, site=SITE))
    return [nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]
