"""Tasks for the tests of the worker."""

import os
import time

from ideas.errors import ImageRefused
from ideas.offload import DATABASE, task

SECONDS = 1


@task(seconds=30, megabytes=200)
def double(number: int) -> int:
    return 2 * number


@task(seconds=30, megabytes=200)
def length_of(content: bytes) -> int:
    return len(content)


@task(seconds=30, megabytes=200)
def echo(content: bytes) -> bytes:
    return content


@task(seconds=30, megabytes=200)
def process_id() -> int:
    return os.getpid()


@task(seconds=30, megabytes=200)
def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "waited"


@task(seconds=SECONDS, megabytes=200)
def wait_too_long() -> None:
    time.sleep(60)


@task(seconds=30, megabytes=100)
def take(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


@task(seconds=30, megabytes=200)
def priority() -> int:
    return os.nice(0)


@task(seconds=30, megabytes=200, is_urgent=True)
def urgent_priority() -> int:
    return os.nice(0)


@task(seconds=30, megabytes=200)
def end_the_process() -> None:
    os._exit(9)


@task(seconds=30, megabytes=200)
def refuse() -> None:
    raise ImageRefused("not_an_image")


@task(seconds=30, megabytes=200)
def speak() -> str:
    print("a library that prints")
    return "spoken"


@task(seconds=30, megabytes=200, worker=DATABASE)
def die_at_once(*_args: object) -> None:
    os._exit(9)


@task(seconds=30, megabytes=200, renewed_after=2)
def hoard() -> int:
    return os.getpid()
