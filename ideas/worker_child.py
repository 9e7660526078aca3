"""A worker's child process: `python -m ideas.worker_child FOLDER KIND`, which `ideas.worker` alone starts."""

import importlib
import os
import pickle
import queue
import resource
import shutil
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NoReturn

from ideas.offload import DATABASE, STRANGERS, TASKS
from ideas.worker import ANSWER, ARGUMENTS, BEGUN, DONE, OUT_OF_MEMORY, RAISED, SentFile, read_frame, write_frame

# Imported at the start, so that the first task need not wait.
MODULES = {
    STRANGERS: ("ideas.images", "ideas.tables", "ideas.polis"),
    DATABASE: ("ideas.exports.making", "ideas.freezing", "ideas.services.readiness"),
}
# A priority below the server's, because the server must answer at once. Urgent tasks have that of the server.
NICENESS = 5
MEGABYTE = 1024 * 1024

Question = dict[str, object]


def main() -> None:
    """Answer questions until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server ends this one
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # library output on stdout must not mix with the answers
    questions: queue.Queue[Question] = queue.Queue()
    threading.Thread(target=_listen, args=(os.fdopen(os.dup(sys.stdin.fileno()), "rb"), questions), daemon=True).start()
    for module in MODULES[sys.argv[2]]:
        importlib.import_module(module)
    if sys.argv[2] == DATABASE:
        from sqlalchemy.orm import configure_mappers

        configure_mappers()
    # On Linux each thread has a priority. A process without rights can't raise one again, so others get a thread that
    # has lowered its own; elsewhere this lowers that of the process.
    patient = ThreadPoolExecutor(1, initializer=os.nice, initargs=(NICENESS,))
    patient.submit(_size).result()
    idle = _size()
    try:
        while True:
            question = questions.get()
            write_frame(answers, {"outcome": BEGUN})
            outcome = _work(question, idle) if question["urgent"] else patient.submit(_work, question, idle).result()
            write_frame(answers, {"outcome": outcome})
    except (BrokenPipeError, FileNotFoundError):  # nobody reads, or the other thread has removed the folder already
        _end()


def _listen(pipe: IO[bytes], questions: "queue.Queue[Question]") -> None:
    """Pass questions on. The pipe ends with the server: exit at once then, even during a task."""
    while (question := read_frame(pipe)) is not None:
        questions.put(question)
    _end()


def _end() -> NoReturn:
    """Exit without a word: the server is gone."""
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    os._exit(0)


def _work(question: Question, idle: int) -> str:
    folder, name = Path(str(question["folder"])), str(question["task"])
    importlib.import_module(name.partition(":")[0])
    with _Memory(idle + int(str(question["megabytes"])) * MEGABYTE):
        try:
            outcome, answer = DONE, _answer(name, folder)
        except MemoryError:
            return OUT_OF_MEMORY
        except Exception as error:
            outcome, answer = RAISED, _portable(error)
    (folder / ANSWER).write_bytes(answer)
    return outcome


def _answer(name: str, folder: Path) -> bytes:
    args = pickle.loads((folder / ARGUMENTS).read_bytes())  # noqa: S301 (written by the server)
    with ExitStack() as files:
        opened = [files.enter_context(arg.path.open(arg.mode)) if isinstance(arg, SentFile) else arg for arg in args]
        return pickle.dumps(TASKS[name].function(*opened))


def _portable(error: Exception) -> bytes:
    """The error in a form that the server can raise."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)  # noqa: S301 (written in the line before)
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return data


def _size() -> int:
    """The bytes that this process uses; 0 where that cannot be known."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        return 0


class _Memory:
    """Limits the size of the process, on Linux."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_AS)
        if _size():
            resource.setrlimit(resource.RLIMIT_AS, (self._size, self._before[1]))

    def __exit__(self, *_error: object) -> None:
        resource.setrlimit(resource.RLIMIT_AS, self._before)


if __name__ == "__main__":
    main()
