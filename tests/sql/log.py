"""What a session wrote in the log of late."""

from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from tests.sql.world import Connection, make_decision, make_plan, make_task, value

LAST = "select * from progress_events where id > %s order by id"


class Log:
    """A session with a workplan, a task and a decision; and the events since it was last asked for them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seen = 0
        self.plan = make_plan(connection, title="A plan")
        self.task = make_task(connection, self.plan, title="A task")
        self.decision = make_decision(connection, workplan=self.plan)
        self.new()

    def new(self) -> list[dict[str, Any]]:
        events = self.connection.cursor(row_factory=dict_row).execute(LAST, [self.seen]).fetchall()
        self.seen = max([self.seen, *(event["id"] for event in events)])
        return events

    def after(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        self.connection.execute(statement, params or None)
        return self.new()

    def id_of(self, table: str) -> UUID:
        found: UUID = value(self.connection, f"select id from {table} order by created_at desc limit 1")
        return found
