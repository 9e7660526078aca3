"""Whether a process is ready: exit code 0 if its /readyz answers 200. The health check of the image and of the units.

    python deploy/ready.py [--wait SECONDS]

HOST and PORT say where it listens, as for the server itself. With --wait it asks until the process is ready.
"""

import argparse
import os
import sys
import time
import urllib.error
import urllib.request

PAUSE_SECONDS = 0.2


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:  # noqa: S310 (our own address)
            return answer.status == 200
    except OSError:  # a refusal is one, too
        return False


def main() -> int:
    arguments = argparse.ArgumentParser(description="Whether a process of Schwarm is ready.")
    arguments.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    give_up = time.monotonic() + arguments.parse_args().wait
    host = os.environ.get("HOST", "127.0.0.1")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (it only translates the address)
    address = f"http://{host}:{os.environ.get('PORT', '5000')}/readyz"
    while not is_ready(address):
        if time.monotonic() >= give_up:
            return 1
        time.sleep(PAUSE_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
