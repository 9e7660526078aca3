"""A counter of SQL statements, for tests of what a page or an act costs."""

from sqlalchemy import event

from ideas.database import db


class Statements:
    """Counts the statements of a block."""

    def __init__(self):
        self.all = []

    def __enter__(self):
        event.listen(db.engine, "before_cursor_execute", self.note)
        return self

    def __exit__(self, *_):
        event.remove(db.engine, "before_cursor_execute", self.note)

    def note(self, _connection, _cursor, statement, *_):
        self.all.append(statement)
