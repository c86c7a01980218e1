"""What each service promises to its callers, over HTTP."""

from __future__ import annotations

import pytest

from tests.fleet.running import QUICK, Running, message, write_first

NEW_TICKET = {"chat_id": 501, "text": "my voucher code is refused"}


async def known_account(fleet: Running, chat_id: int = 501) -> int:
    reply = await fleet.ask("accounts", "POST", "/accounts", {"chat_id": chat_id, "name": "Ann"})
    assert reply.status == 200
    return int(reply.body["id"])


async def test_an_account_is_made_once_per_chat(fleet: Running) -> None:
    first, again = await known_account(fleet), await known_account(fleet)
    assert first == again
    assert await known_account(fleet, 502) != first


async def test_an_account_changes_known_fields_and_refuses_others(fleet: Running) -> None:
    key = await known_account(fleet)
    changed = await fleet.ask("accounts", "PATCH", f"/accounts/{key}", {"language": "de"})
    refused = await fleet.ask("accounts", "PATCH", f"/accounts/{key}", {"chat_id": "1"})
    shown = await fleet.ask("accounts", "GET", f"/accounts/{key}")
    assert (changed.status, refused.status, shown.body["language"]) == (200, 422, "de")


async def test_a_ticket_is_numbered_stored_audited_and_announced(fleet: Running) -> None:
    await known_account(fleet)
    ticket = await fleet.ask("tickets", "POST", "/tickets", NEW_TICKET)
    listed = await fleet.ask("tickets", "GET", "/tickets?chat_id=501")
    audited = await fleet.ask("audit", "GET", "/events?action=ticket.submitted")
    told = await fleet.ask("notifications", "GET", "/notifications?chat_id=501")
    assert ticket.status == 201
    assert [row["id"] for row in listed.body["tickets"]] == [ticket.body["id"]]
    assert audited.body["events"] == 1
    assert str(ticket.body["id"]) in told.body["notifications"][0]["text"]
    assert any("voucher" in article["title"] for article in ticket.body["articles"])


async def test_an_empty_ticket_is_refused_and_leaves_no_trace(fleet: Running) -> None:
    await known_account(fleet)
    refused = await fleet.ask("tickets", "POST", "/tickets", {"chat_id": 501, "text": "  "})
    listed = await fleet.ask("tickets", "GET", "/tickets?chat_id=501")
    assert (refused.status, listed.body["tickets"]) == (422, [])


async def test_a_ticket_of_an_unknown_chat_fails_as_an_upstream_error(fleet: Running) -> None:
    reply = await fleet.ask("tickets", "POST", "/tickets", NEW_TICKET)
    assert (reply.status, reply.body["error"]) == (502, "UpstreamError")


async def test_faq_lists_reads_and_finds_by_any_of_the_words(fleet: Running) -> None:
    page = await fleet.ask("faq", "GET", "/articles?page=1")
    number = page.body["articles"][0]["id"]
    article = await fleet.ask("faq", "GET", f"/articles/{number}")
    found = await fleet.ask("faq", "GET", "/search?q=refund%20unheardofword")
    assert article.body["title"] == page.body["articles"][0]["title"]
    assert any("refund" in row["title"] for row in found.body["articles"])
    assert (await fleet.ask("faq", "GET", "/articles/999")).status == 404


@pytest.mark.parametrize("words", ['"', "NEAR(", "a AND", "*", "-", "'; drop table article", ""])
async def test_search_takes_what_users_type(fleet: Running, words: str) -> None:
    reply = await fleet.services["faq"].pool.run("SELECT count(*) FROM article", cost=QUICK)
    before = tuple(reply[0])
    assert (await fleet.ask("faq", "GET", f"/search?q={words}")).status == 200
    after = await fleet.services["faq"].pool.run("SELECT count(*) FROM article", cost=QUICK)
    assert tuple(after[0]) == before


async def test_a_subscription_lasts_until_it_is_ended(fleet: Running) -> None:
    body = {"offers": "on", "chat_id": 501}
    assert (await fleet.ask("subscriptions", "PUT", "/subscriptions/3", body)).status == 200
    on = await fleet.ask("subscriptions", "GET", "/subscriptions/3")
    await fleet.ask("subscriptions", "PUT", "/subscriptions/3", body | {"offers": "off"})
    off = await fleet.ask("subscriptions", "GET", "/subscriptions/3")
    assert (on.body["offers"], off.body["offers"]) == ("on", "off")


async def test_a_notification_is_accepted_at_once_and_delivered_later(fleet: Running) -> None:
    await known_account(fleet)
    seen = await fleet.telegram.door.last_seq()
    body = {"chat_id": 501, "kind": "news", "text": "The campaign begins."}
    await write_first(fleet, 501)
    accepted = await fleet.ask("notifications", "POST", "/notifications", body)
    event = await message(fleet, seen, "The campaign begins.")
    opened = await fleet.ask(
        "notifications", "POST", f"/notifications/{accepted.body['id']}/opened"
    )
    assert (accepted.status, opened.status, event.chat_id) == (202, 200, 501)


async def test_troubleshooting_leads_to_an_answer_of_the_faq(fleet: Running) -> None:
    asked = await fleet.ask("troubleshooting", "POST", "/sessions", {"chat_id": 501})
    assert "Payment" in asked.body["answers"]
    answers = "/sessions/501/answers"
    again = await fleet.ask("troubleshooting", "POST", answers, {"answer": "payment"})
    advice = await fleet.ask(
        "troubleshooting", "POST", answers, {"answer": again.body["answers"][0]}
    )
    assert advice.body["answers"] == []
    assert "payment" in advice.body["text"]
