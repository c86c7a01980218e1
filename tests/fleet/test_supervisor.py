"""The fleet as processes: started, crashed, restarted on the same ports, stopped in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from analyzer.replay.botapi import Emulator, Text, User
from sample_logs.fleet.record import pack, polling
from sample_logs.fleet.story import lines_of, updates
from sample_logs.fleet.supervisor import Fleet, FleetPlan
from sample_logs.fleet.topology import TEAMS


async def test_processes_answer_crash_restart_and_leave_their_logs(
    tmp_path: Path, telegram: Emulator
) -> None:
    plan = FleetPlan(
        logs=tmp_path / "logs",
        stores=tmp_path / "stores",
        seed=7,
        bot_api_url=telegram.url,
        bot_token=telegram.settings.token,
        merged=("tickets", "faq", "accounts", "audit", "notifications", "troubleshooting"),
    )
    with Fleet(plan) as fleet:
        await polling(fleet)
        assert "received" in await answer(telegram, "/ticket my voucher code")
        await asyncio.to_thread(fleet.kill, "subscriptions")
        assert fleet.ended() == ["subscriptions"]
        assert "Sorry" in await answer(telegram, "/ticket my voucher code")
        await asyncio.to_thread(fleet.restart, "subscriptions")
        await up(fleet.addresses["subscriptions"])
        assert "received" in await answer(telegram, "/ticket my voucher code")
        await asyncio.to_thread(fleet.stop)
    assert [update.failed for update in updates(plan.logs)] == [False, True, False]
    first, again = tmp_path / "one", tmp_path / "two"
    pack(plan.logs, first)
    pack(plan.logs, again)
    for service in TEAMS:
        assert list(lines_of(first, service)) == list(lines_of(plan.logs, service))
    packed = sorted(first.rglob("*.gz"))
    assert [p.read_bytes() for p in packed] == [
        p.read_bytes() for p in sorted(again.rglob("*.gz"))
    ]


async def answer(telegram: Emulator, text: str) -> str:
    seen = await telegram.door.last_seq()
    await telegram.door.write(Text(user=User(user_id=501), text=text))
    while True:
        for event in await telegram.door.events(seen, 20):
            seen = event.seq
            if event.kind == "message" and "colleague" not in event.text:
                return event.text


async def up(address: str) -> None:
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession() as session,
        session.get(f"{address}/health") as response,
    ):
        assert response.status == 200
