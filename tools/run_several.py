"""Serve with several processes and nginx in front, to try it out: `make run WORKERS=3`.

nginx listens on HOST and PORT, the processes on the ports after it. DATABASE_URL and REDIS_URL name their PostgreSQL
and Redis. An installation uses the files in deploy/ instead (docs/operating.md).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from realtime.shutdown import SHUTDOWN_SECONDS  # noqa: E402
from tools.nginx import find_nginx, front  # noqa: E402

LOOK_SECONDS = 0.2

NO_SERVICES = (
    "Several processes need one PostgreSQL and one Redis: set DATABASE_URL=postgresql://… and REDIS_URL=redis://…."
)
NO_NGINX = (
    "Several processes need nginx in front. Debian and Ubuntu: apt-get install nginx; Fedora: dnf install nginx; "
    "macOS: brew install nginx. Or name it: NGINX=/path/to/nginx."
)


def main() -> int:
    workers = int(sys.argv[1])
    settings = config.settings()
    if not str(settings["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql") or not settings["REDIS_URL"]:
        print(NO_SERVICES, file=sys.stderr)
        return 1
    nginx = find_nginx()
    if nginx is None:
        print(NO_NGINX, file=sys.stderr)
        return 1
    if subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", "prepare"], cwd=ROOT, check=False).returncode:
        return 1
    return _serve(nginx, workers, os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "5000")))


def _serve(nginx: str, workers: int, host: str, port: int) -> int:
    """Serve until interrupted, or until one of the programs ends."""
    ports = [port + 1 + n for n in range(workers)]
    # A shell makes SIGINT ignored in what it starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="schwarm-nginx-") as folder:
        programs = [subprocess.Popen(front(nginx, Path(folder), host, port, ports), start_new_session=True)]
        for own in ports:
            environment = os.environ | {
                "HOST": "127.0.0.1",
                "PORT": str(own),
                "FRONT_HOST": host,
                "FRONT_PORT": str(port),
                "TRUSTED_PROXIES": "1",
            }
            programs.append(
                subprocess.Popen([sys.executable, "wsgi.py"], cwd=ROOT, env=environment, start_new_session=True)
            )
        try:
            while all(program.poll() is None for program in programs):
                time.sleep(LOOK_SECONDS)
            return 1
        except KeyboardInterrupt:
            return 0
        finally:
            _end(programs)


def _end(programs: list[subprocess.Popen[bytes]]) -> None:
    """End the processes in order, and nginx after them."""
    for program in [*programs[1:], programs[0]]:
        program.terminate()
    for program in programs:
        try:
            program.wait(SHUTDOWN_SECONDS + 5)
        except subprocess.TimeoutExpired:
            program.kill()


if __name__ == "__main__":
    sys.exit(main())
