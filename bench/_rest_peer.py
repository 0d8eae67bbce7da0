"""For rest: the four operations as a good FastAPI developer writes them, on the hub's own tables and triggers.

Declarative models, a session a request, one joined query for what a task refers to and one for all that its page
depends on, the hub's own models for bodies. In its favour: it sets the author once a connection, knows no ids in the
place of short names, and a write answers without a revision token.
"""

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import AliasPath, BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Column, FetchedValue, ForeignKey, Table, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.types import Text

from statehub.models import TaskCreate, TaskPatch
from statehub.vocabularies import TaskStatus

STATUS = ENUM("wait", "todo", "progress", "done", "cancel", name="task_status", create_type=False)


def given(*args: Any, nullable: bool = False) -> Any:
    """A column that the database fills in where it was left out."""
    return mapped_column(*args, server_default=FetchedValue(), nullable=nullable)


def touched(default: Any = None) -> Any:
    """A column that a trigger sets with each update, too."""
    return mapped_column(default, server_default=FetchedValue(), server_onupdate=FetchedValue())


class Base(DeclarativeBase):
    """What all have."""

    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  (as SQLAlchemy has it)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())


class Repo(Base):
    """A repository."""

    __tablename__ = "managed_repos"
    slug: Mapped[str]


class Workplan(Base):
    """A workplan."""

    __tablename__ = "workplans"
    code: Mapped[str]
    repo_id: Mapped[UUID] = mapped_column("repo", ForeignKey("managed_repos.id"))
    repo: Mapped[Repo] = relationship()


task_dependencies = Table(
    "task_dependencies",
    Base.metadata,
    Column("task", ForeignKey("tasks.id"), primary_key=True),
    Column("depends_on", ForeignKey("tasks.id"), primary_key=True),
)


class Task(Base):
    """A task."""

    __tablename__ = "tasks"
    code: Mapped[str] = given()
    workplan_id: Mapped[UUID] = mapped_column("workplan", ForeignKey("workplans.id"))
    parent_id: Mapped[UUID | None] = mapped_column("parent", ForeignKey("tasks.id"))
    title: Mapped[str]
    description: Mapped[str] = given()
    status: Mapped[str] = given(STATUS)
    priority: Mapped[int] = given()
    assignee: Mapped[str | None]
    waiting_on: Mapped[str | None]
    due_at: Mapped[datetime | None] = given(nullable=True)
    position: Mapped[int] = given()
    labels: Mapped[list[str]] = given(ARRAY(Text))
    detail: Mapped[dict[str, Any]] = given(JSONB)
    version: Mapped[int] = touched()
    created_at: Mapped[datetime] = given()
    updated_at: Mapped[datetime] = touched()
    workplan: Mapped[Workplan] = relationship()
    parent: Mapped["Task | None"] = relationship(remote_side="Task.id")
    dependencies: Mapped[list["Task"]] = relationship(
        secondary=task_dependencies,
        primaryjoin=lambda: Task.id == task_dependencies.c.task,
        secondaryjoin=lambda: Task.id == task_dependencies.c.depends_on,
        order_by=lambda: Task.code,
    )

    @property
    def depends_on(self) -> list[str]:
        """Codes."""
        return [task.code for task in self.dependencies]

    @property
    def parent_code(self) -> str | None:
        """Its code, if there is a parent."""
        return self.parent.code if self.parent else None


class TaskOut(BaseModel):
    """A task as served."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    code: str
    workplan: str = Field(validation_alias=AliasPath("workplan", "code"))
    repo: str = Field(validation_alias=AliasPath("workplan", "repo", "slug"))
    parent: str | None = Field(validation_alias="parent_code")
    title: str
    description: str
    status: TaskStatus
    priority: int
    assignee: str | None
    waiting_on: str | None
    due_at: datetime | None
    position: int
    labels: list[str]
    detail: dict[str, JsonValue]
    depends_on: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    """A page of them."""

    items: list[TaskOut]
    next_cursor: str | None


TASKS = (
    select(Task)
    .join(Task.workplan)
    .options(
        contains_eager(Task.workplan)
        .load_only(Workplan.code)
        .joinedload(Workplan.repo, innerjoin=True)
        .load_only(Repo.slug),
        joinedload(Task.parent).load_only(Task.code),
        selectinload(Task.dependencies).load_only(Task.code),
    )
)
"""Tasks with all that is served of them."""


async def workplan_of(session: AsyncSession, code: str) -> Workplan:
    """The workplan of that name, with its repository."""
    query = select(Workplan).where(func.lower(Workplan.code) == code.lower())
    workplan = await session.scalar(query.options(joinedload(Workplan.repo, innerjoin=True)))
    if workplan is None:
        raise HTTPException(422, f"There is no workplan {code}")
    return workplan


async def task_of(session: AsyncSession, code: str, *, lock: bool = False) -> Task:
    """The task of that name."""
    query = TASKS.where(func.lower(Task.code) == code.lower())
    task = await session.scalar(query.with_for_update(of=Task, key_share=True) if lock else query)
    if task is None:
        raise HTTPException(404, f"There is no task {code}")
    return task


async def columns_of(session: AsyncSession, document: TaskCreate | TaskPatch) -> dict[str, Any]:
    """What was sent, references resolved."""
    columns = document.model_dump(exclude_unset=True)
    if "workplan" in columns:
        columns["workplan"] = await workplan_of(session, columns["workplan"])
    if columns.get("parent") is not None:
        columns["parent"] = await task_of(session, columns["parent"])
    return columns


def create_app(url: str, connections: int) -> FastAPI:
    """The application on the database at `url`."""

    async def connect() -> Any:
        options = {"role": "statehub_api", "search_path": "statehub", "jit": "off", "timezone": "UTC"}
        author = {"statehub.author": "anonymous", "statehub.author_kind": "agent"}
        return await asyncpg.connect(url, server_settings=options | author)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, pool_size=connections, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    Session = Annotated[AsyncSession, Depends(get_session)]
    app = FastAPI()

    @app.get("/tasks/{code}")
    async def get_task(session: Session, code: str) -> TaskOut:
        return await task_of(session, code)  # type: ignore[return-value]  # FastAPI makes one of the other

    @app.get("/tasks")
    async def list_tasks(
        session: Session,
        status: Annotated[list[TaskStatus] | None, Query()] = None,
        workplan: Annotated[list[str] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: str | None = None,
    ) -> Page:
        query = TASKS.order_by(Task.created_at, Task.id).limit(limit + 1)
        if status:
            query = query.where(Task.status.in_(status))
        if workplan:
            query = query.where(func.lower(Workplan.code).in_([code.lower() for code in workplan]))
        if cursor:
            at, after = json.loads(base64.urlsafe_b64decode(cursor))
            query = query.where(tuple_(Task.created_at, Task.id) > (datetime.fromisoformat(at), UUID(after)))
        found = (await session.scalars(query)).all()
        more = None
        if len(found) > limit:
            last = found[limit - 1]
            more = base64.urlsafe_b64encode(json.dumps([last.created_at.isoformat(), str(last.id)]).encode()).decode()
        return Page(items=[TaskOut.model_validate(task) for task in found[:limit]], next_cursor=more)

    @app.post("/tasks", status_code=201)
    async def create_task(session: Session, document: TaskCreate) -> TaskOut:
        task = Task(**{"parent": None, "dependencies": []} | await columns_of(session, document))
        session.add(task)
        await session.commit()
        return task  # type: ignore[return-value]

    @app.patch("/tasks/{code}")
    async def patch_task(session: Session, code: str, document: TaskPatch) -> TaskOut:
        task = await task_of(session, code, lock=True)
        for name, value in (await columns_of(session, document)).items():
            setattr(task, name, value)
        await session.commit()
        return task  # type: ignore[return-value]

    return app
