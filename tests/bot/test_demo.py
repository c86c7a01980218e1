from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp

from tests.conftest import ROOT


async def test_demo_serves_chats_and_survives_its_kill_button(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "consolidated_bot",
        "demo",
        "--port",
        "0",
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        opened = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        url = opened.split()[1]
        async with aiohttp.ClientSession(url) as session:
            async with session.get("/") as page:
                assert "Support bot" in await page.text()
                assert "script-src 'self'" in page.headers["Content-Security-Policy"]
            await _until(session, "#1")
            async with session.post("/kill") as killed:
                assert killed.status == 200
            ann = {"user_id": 1001, "first_name": "Ann", "language_code": "en"}
            text = {"user": ann, "text": "/ticket after the kill"}
            async with session.post("/texts", json=text) as written:
                assert written.status == 200
            await _until(session, "#2")
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, b"Traceback" in errors) == (0, False)


async def _until(session: aiohttp.ClientSession, words: str) -> None:
    after = 0
    async with asyncio.timeout(90):
        while True:
            async with session.get("/events", params={"after": after}) as answer:
                body = await answer.json()
            after = body["last_seq"]
            if any(words in event["text"] for event in body["events"]):
                return
