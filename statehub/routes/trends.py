"""`/progress/volume`, `/decisions/velocity`: how much happens, and how fast it is decided."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers
from statehub.filters import VelocityQuery, VolumeQuery
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of
from statehub.routes.respond import json_text


async def get_event_volume(request: Request) -> Response:
    query = query_of(request, VolumeQuery)
    return json_text(await store_of(request).get_event_volume(query.days, query.by))


async def get_decision_velocity(request: Request) -> Response:
    query = query_of(request, VelocityQuery)
    return json_text(await store_of(request).get_decision_velocity(query.weeks))


operations = [
    Operation(
        "GET", "/progress/volume", get_event_volume, "get_event_volume", "Events a day, by who or what they were",
        {200: Answer(answers.Volume)}, "progress", query=VolumeQuery,
    ),
    Operation(
        "GET", "/decisions/velocity", get_decision_velocity, "get_decision_velocity",
        "Decisions made a week, and how long they had waited",
        {200: Answer(answers.Velocity)}, "decisions", query=VelocityQuery,
    ),
]  # fmt: skip
