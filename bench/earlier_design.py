"""The earlier design of the summary, for comparison only: FastAPI, SQLAlchemy, and watermarks on every request.

`max(updated_at)` of each table, and `max(created_at)` of the log, are compared with those that the cached JSON
was built at. It looks like a cache, and costs six queries a hit. (It also misses changes: docs/adr/0003.) In its
favour: each watermark has an index, no request waits for a connection, and Postgres builds its JSON too.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

INDEXES = """
create index on topics (updated_at);
create index on managed_repos (updated_at);
create index on workplans (updated_at);
create index on tasks (updated_at);
create index on decisions (updated_at);
create index on progress_events (created_at);
"""


class Base(DeclarativeBase):
    """As much of the models as the watermarks need."""

    id: Mapped[str] = mapped_column(primary_key=True)


class Topic(Base):
    """A topic."""

    __tablename__ = "topics"
    updated_at: Mapped[datetime]


class Repo(Base):
    """A repository."""

    __tablename__ = "managed_repos"
    updated_at: Mapped[datetime]


class Workplan(Base):
    """A workplan."""

    __tablename__ = "workplans"
    updated_at: Mapped[datetime]


class Task(Base):
    """A task."""

    __tablename__ = "tasks"
    updated_at: Mapped[datetime]


class Decision(Base):
    """A decision."""

    __tablename__ = "decisions"
    updated_at: Mapped[datetime]


class ProgressEvent(Base):
    """An event of the log."""

    __tablename__ = "progress_events"
    created_at: Mapped[datetime]


WATERMARKS = (
    Topic.updated_at,
    Repo.updated_at,
    Workplan.updated_at,
    Task.updated_at,
    Decision.updated_at,
    ProgressEvent.created_at,
)


def create_app(database_url: str, connections: int) -> FastAPI:
    """The API with its one route."""

    async def connect() -> Any:
        options = {"role": "statehub_api", "search_path": "statehub", "jit": "off"}
        return await asyncpg.connect(database_url, server_settings=options)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=connections)
    sessions = async_sessionmaker(engine)
    cached: tuple[list[datetime | None], bytes] = ([], b"")

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    app = FastAPI()

    @app.get("/state/summary")
    async def get_summary(session: Annotated[AsyncSession, Depends(get_session)]) -> Response:
        nonlocal cached
        marks = [await session.scalar(select(func.max(column))) for column in WATERMARKS]
        if marks != cached[0]:
            cached = (marks, await build(session))
        return Response(cached[1], media_type="application/json")

    return app


async def build(session: AsyncSession) -> bytes:
    """The same sections as the hub's."""
    core = await session.scalar(text("select summary_core(200)"))
    progress = await session.scalar(text("select summary_progress()"))
    head = f'{{"schema":"statehub/summary/1","generated_at":"{datetime.now(UTC).isoformat()}",'
    return head.encode() + bytes(core)[1:-1] + b"," + bytes(progress)[1:]
