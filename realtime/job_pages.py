"""Open pages of jobs: each hears that it is behind, within a second, as long as its person may see the job.

A frame has the mark of the job for that person and nothing else. The page fetches itself, under the rights of then.
"""

from collections import defaultdict

from ideas import offload
from ideas.database import db
from ideas.devices import holders_of
from ideas.errors import NotFound
from ideas.queries.job_marks import job_heads, job_mark
from realtime.connections import Connection, Connections
from realtime.transport import SocketTransport


class JobPages:
    """The pages of jobs in this process. `look` is run in a context of the application."""

    def __init__(self, connections: Connections, transport: SocketTransport) -> None:
        self._connections, self._transport = connections, transport
        self._seen: dict[int, tuple[str, int]] = {}  # the end of each job's journal at the last look

    def watch(self, connection: Connection, job_id: int) -> str:
        """A connection listens to a job from now on, and to no other. :return: the mark. :raise NotFound:"""
        heads = job_heads(db.session(), [job_id])
        mark = job_mark(db.session(), connection.actor, job_id)
        connection.job_id, connection.job_mark = job_id, mark
        self._seen.setdefault(job_id, heads[job_id])
        return mark

    def look(self) -> None:
        """Tell the pages of the jobs in which something happened since the last look."""
        watching = defaultdict[int, list[Connection]](list)
        for connection in self._connections.all():
            if connection.job_id is not None:
                watching[connection.job_id].append(connection)
        if not watching and not self._seen:
            return
        heads = job_heads(db.session(), list(watching))
        for job_id, connections in watching.items():
            if heads.get(job_id) != self._seen.get(job_id):
                self._tell(job_id, connections)
        # Only now: if the database fails, the next look begins where this one did.
        self._seen = heads

    def _tell(self, job_id: int, connections: list[Connection]) -> None:
        """Send each its mark if it changed. Permission is asked anew, and whether the browser still is that person."""
        holders = holders_of([one.token for one in connections])
        for one in connections:
            offload.pause()  # each asks the database; a hall may watch one job
            if holders.get(one.token, (0, 0))[:2] != (one.device_id, one.person_id):
                continue
            try:
                mark = job_mark(db.session(), one.actor, job_id)
            except NotFound:
                one.job_id = None
                continue
            if mark != one.job_mark:
                one.job_mark = mark
                self._transport.emit("job", {"job": f"job-{job_id}", "mark": mark}, to=one.sid)
