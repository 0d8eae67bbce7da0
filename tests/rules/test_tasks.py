"""Over HTTP: parents without loops, claims that end with their task."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.running import Hub, problem


@pytest.fixture
def family(shared_hub: Hub, plan: str) -> list[str]:
    """Four tasks, each the child of the next."""
    codes = [str(shared_hub.created("/tasks", workplan=plan, title="T")["code"]) for _ in range(4)]
    for child, parent in pairwise(codes):
        assert shared_hub.patch(f"/tasks/{child}", {"parent": parent}).json["parent"] == parent
    return codes


def test_parents_form_no_loop(shared_hub: Hub, family: list[str]) -> None:
    for parent in family[:3]:
        found = problem(shared_hub.patch(f"/tasks/{family[3]}", {"parent": parent}), 409)
        assert [error["pointer"] for error in found["errors"]] == ["/parent"]
        assert f"{family[3]} cannot be below {parent}" in found["detail"]
    assert shared_hub.get(f"/tasks/{family[3]}").json["parent"] is None


def test_a_family_is_turned_round_once_it_is_cut(shared_hub: Hub, family: list[str]) -> None:
    assert shared_hub.patch(f"/tasks/{family[2]}", {"parent": None}).json["parent"] is None
    assert shared_hub.patch(f"/tasks/{family[3]}", {"parent": family[0]}).json["parent"] == family[0]


@pytest.mark.parametrize("number", [2, 3])
def test_writers_who_only_together_close_a_loop_are_not_all_served(shared_hub: Hub, plan: str, number: int) -> None:
    with ThreadPoolExecutor(number) as pool:
        for _ in range(8):
            codes = [shared_hub.created("/tasks", workplan=plan, title="T")["code"] for _ in range(number)]
            answers = list(
                pool.map(
                    lambda n, codes=codes: (
                        shared_hub.patch(f"/tasks/{codes[n]}", {"parent": codes[(n + 1) % number]}).status
                    ),
                    range(number),
                )
            )
            assert sorted(answers) == [200] * (number - 1) + [409]


CLAIM = """
    insert into task_claims (task, claim_seq, claimed_by, claimed_at, lease_expires_at)
    select id, 1, 'me', now(), now() + interval '1 hour' from tasks where code = %s
"""
HELD = "select c.claimed_by is not null from task_claims as c inner join tasks as t on c.task = t.id where t.code = %s"


@pytest.mark.parametrize("end", ["done", "cancel", "DELETE"])
def test_the_end_of_a_task_is_the_end_of_its_claim(shared_hub: Hub, task: str, end: str) -> None:
    shared_hub.execute(CLAIM, task)
    shared_hub.patch(f"/tasks/{task}", {"title": "Another"})
    assert shared_hub.database.value(HELD, task) is True
    path = f"/tasks/{task}"
    answer = shared_hub.delete(path) if end == "DELETE" else shared_hub.patch(path, {"status": end})
    assert answer.status == 200
    assert shared_hub.database.value(HELD, task) is False
