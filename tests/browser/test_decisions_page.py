"""/decisions: what waits, what was decided, and the answer that is given there."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.pages import HOSTILE, LOOKS, Site, built, look, open_site
from tests.running import eventually

pytestmark = built


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Iterator[Site]:
    with open_site(server, template) as site:
        yield site


def ask(site: Site, title: str, **more: Any) -> str:
    code: str = site.post("/decisions", title=title, topic="ship", **more)["code"]
    return code


def answer(page: Page, code: str) -> None:
    """Open the form from the list."""
    page.locator(f'[data-key="decision-{code}"]').get_by_role("button", name="Answer").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def run_out(site: Site) -> None:
    """Every lease is over."""
    site.hub.execute(
        "update task_claims set claimed_at = now() - interval '2 h', lease_expires_at = now() - interval '1 h'"
        " where claimed_by is not null"
    )


def decision(site: Site, code: str) -> Any:
    return site.hub.get(f"/decisions/{code}").json


def test_an_answer_changes_the_hub_and_the_page(site: Site, watched: Watched) -> None:
    code = ask(site, "Which queue?", options=["one", "two"], context="Both were measured.")
    page = site.open(watched, "/decisions")
    answer(page, code)
    page.get_by_label("two").check()
    page.get_by_label("Why, or your own words").fill("it needs no order")
    page.get_by_label("Your name").fill("Grace ⛵")
    page.get_by_role("dialog").get_by_role("button", name="Answer").dblclick()
    made = page.locator("section", has=page.get_by_role("heading", name="Made")).locator(
        f'[data-key="decision-{code}"]'
    )
    expect(made).to_contain_text("two: it needs no order")
    expect(page.get_by_role("dialog")).to_have_count(0)
    found = decision(site, code)
    assert (found["status"], found["rationale"], found["decided_by"]) == (
        "resolved",
        "two: it needs no order",
        "Grace ⛵",
    )
    events = site.hub.get(f"/progress?decision={code}&event_type=decision").json["items"]
    assert [(e["author"], e["author_kind"]) for e in events if "created" not in e["summary"]] == [("Grace ⛵", "human")]
    site.is_clean(watched)
    answer(page, ask(site, "Whose name?"))
    expect(page.get_by_label("Your name")).to_have_value("Grace ⛵")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Answer DEC-")


def test_what_was_changed_meanwhile_is_shown_and_not_overwritten(site: Site, watched: Watched) -> None:
    code = ask(site, "Ship on Friday?")
    page = site.open(watched, f"/decisions?code={code}")
    page.locator(".whole").get_by_role("button", name="Answer").click()
    page.get_by_label("Answer, and why").fill("yes")
    page.get_by_label("Your name").fill("grace")
    site.hub.patch(f"/decisions/{code}", {"title": "Ship on Friday, and on no other day?"})
    send = page.get_by_role("dialog").get_by_role("button", name="Answer")
    send.click()
    note = page.get_by_role("dialog").get_by_role("alert")
    expect(note).to_contain_text("It was changed while you read it")
    expect(note).to_contain_text("and on no other day?")
    assert decision(site, code)["status"] == "open"
    answered = site.hub.post(f"/decisions/{code}/resolve", {"rationale": "no", "decided_by": "linus"})
    assert answered.status == 200
    send.click()
    expect(note).to_contain_text("It was answered meanwhile, by linus: no")
    assert decision(site, code)["rationale"] == "no"


def test_escalated_ones_stand_first_then_overdue_ones_then_those_with_a_date(site: Site, watched: Watched) -> None:
    site.post("/topics", slug="order", title="Order", domain="infotech")
    for title, due in (
        ("no date", None), ("next year", "2099-01-01T00:00:00Z"), ("overdue", "2020-01-01T00:00:00Z"),
        ("the invoice", None),
    ):  # fmt: skip
        site.post("/decisions", title=title, topic="order", **({"due_at": due} if due else {}))
    page = site.open(watched, "/decisions?topic=order")
    shown = page.locator(".decision .row-title")
    expect(shown).to_have_text(["the invoice", "overdue", "next year", "no date"])
    expect(page.locator("[data-part=escalated] .decision")).to_have_count(1)


def test_filters_and_the_selected_one_stand_in_the_address(site: Site, watched: Watched) -> None:
    code = ask(site, "Which colour?")
    site.post(
        "/decisions", title="Use PostgreSQL", topic="ship", decision_type="made", rationale="so", decided_by="ada"
    )
    page = site.open(watched, "/decisions")
    page.locator(f'[data-decision="{code}"]').click()
    expect(page.locator(".whole h3")).to_have_text("Which colour?")
    page.get_by_role("button", name="resolved").click()
    expect(page.locator("section", has=page.get_by_role("heading", name="Pending")).locator(".decision")).to_have_count(
        0
    )
    assert f"code={code}" in page.url
    assert "status=resolved" in page.url
    page.reload()
    expect(page.locator(".whole h3")).to_have_text("Which colour?")
    expect(page.get_by_role("button", name="resolved")).to_have_attribute("aria-pressed", "true")


def test_a_claim_whose_lease_is_over_is_taken_away_from_the_overview(site: Site, watched: Watched) -> None:
    plan = site.post("/workplans", repo="web-shop", title="Sell", status="active")["code"]
    task = site.post("/tasks", workplan=plan, title="Price it")["code"]
    site.post("/tasks/claim", agent="gone-1", task=task)
    run_out(site)
    page = site.open(watched, "/")
    page.get_by_role("button", name=f"Take the claim of {task} away from gone-1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("gone-1")
    expect(dialog).to_contain_text(task)
    dialog.get_by_label("Reason").fill("it has died")
    dialog.get_by_label("Your name").fill("grace")
    dialog.get_by_role("button", name="Take it away").click()
    expect(dialog).to_have_count(0)
    assert site.hub.get(f"/tasks/{task}").json["status"] == "todo"
    event = site.hub.get(f"/progress?task={task}&event_type=release").json["items"][0]
    assert (event["author"], event["detail"]["from"], event["detail"]["reason"]) == ("grace", "gone-1", "it has died")
    eventually(lambda: page.get_by_role("button", name=f"Take the claim of {task}").count() == 0, "the row is gone")
    site.is_clean(watched)


def test_a_claim_that_somebody_took_over_meanwhile_is_left_alone(site: Site, watched: Watched) -> None:
    plan = site.post("/workplans", repo="web-shop", title="Buy", status="active")["code"]
    task = site.post("/tasks", workplan=plan, title="Order it")["code"]
    site.post("/tasks/claim", agent="gone-2", task=task)
    run_out(site)
    page = site.open(watched, "/")
    page.get_by_role("button", name=f"Take the claim of {task}").click()
    page.get_by_label("Your name").fill("grace")
    site.post("/tasks/claim", agent="new-3", task=task)
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("is held by new-3")
    assert site.hub.get("/tasks/claims?agent=new-3").json["items"][0]["task"] == task


def test_hostile_text_stays_text(site: Site, watched: Watched) -> None:
    code = ask(site, HOSTILE, context=HOSTILE, options=[HOSTILE, {"title": HOSTILE}])
    page = site.open(watched, f"/decisions?code={code}")
    expect(page.locator(".whole h3")).to_contain_text("<script>window.__owned=1</script>")
    answer(page, code)
    page.get_by_role("radio").nth(1).check()
    page.get_by_label("Your name").fill("<b>grace</b>")
    page.get_by_role("dialog").get_by_role("button", name="Answer").click()
    expect(page.locator(".whole .facts")).to_contain_text("<b>grace</b>")
    assert page.locator("main img, main script, a[href^=javascript]").count() == 0
    site.is_clean(watched)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_fit_to_be_seen(site: Site, watched: Watched, scheme: str, width: int) -> None:
    ask(site, f"Is it fit at {width}, {scheme}?", context="Look at it.", due_at="2020-01-01T00:00:00Z")
    look(watched, site, "/decisions", ".velocity", scheme, width)
    watched.shoot(f"decisions-{scheme}-{width}")
