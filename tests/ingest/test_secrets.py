"""No planted secret survives in any cell of the store."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ingest.reading import TABLES, Ingested, read_files

PLANTED = {
    "bot token": "7203948571:AAF9sK3l_QmZx-v8TyUwPq2RdEhGjNbMcXa",
    "bearer": "s3cr3tBearerValue0123",
    "basic": "dXNlcjpodW50ZXIy",
    "password": "hunter2hunter2",
    "api key": "ak_live_51H8xYzzQ",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
    "url login": "dbpass99",
    "e-mail": "ana.petrova@example.org",
    "phone": "+49 170 1234567",
    "card": "4539 1488 0343 6467",
    "client address": "203.0.113.77",
    "user": "918273645",
    "message text": "my knee hurts since tuesday",
    "cookie": "sid=91ab77cd33",
    "pem": "MIIEpAIBAAKCAQEAxyz",
}


def texts() -> list[str]:
    p = PLANTED
    return [
        f"POST https://api.telegram.org/bot{p['bot token']}/sendMessage 200",
        f"token is {p['bot token']} alone",
        f"Authorization: Bearer {p['bearer']}",
        f"curl -H 'authorization: Basic {p['basic']}'",
        f"login password={p['password']} ok",
        f"GET /x?api_key={p['api key']}&b=1",
        f"jwt {p['jwt']} seen",
        f"postgres://app:{p['url login']}@db:5432/x",
        f"mail to {p['e-mail']} failed",
        f"call {p['phone']} back",
        f"paid with {p['card']} cvv=123",
        f"paid with {p['card']} CVV 8642",
        f"from {p['client address']} port 4000",
        f"user_id={p['user']} joined",
        f"Cookie: {p['cookie']}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{p['pem']}\n-----END RSA PRIVATE KEY-----",
    ]


def structured() -> dict[str, object]:
    p = PLANTED
    return {
        "headers": {"Authorization": f"Bearer {p['bearer']}", "Cookie": p["cookie"]},
        "password": p["password"],
        "user_id": int(p["user"]),
        "email": p["e-mail"],
        "phone": p["phone"],
        "client_ip": p["client address"],
        "update": {"message": {"text": p["message text"], "from": {"id": int(p["user"])}}},
        "nested": [{"api_key": p["api key"]}, f"bot{p['bot token']}"],
    }


def survivors(found: Ingested) -> list[tuple[str, str]]:
    left = []
    for table in TABLES:
        everything = repr(found.rows(f"SELECT * FROM {table}"))
        left += [(name, table) for name, value in PLANTED.items() if value in everything]
    return left


def test_nothing_planted_survives_in_any_table(tmp_path: Path) -> None:
    stamp = "2026-03-01T10:00:00Z"
    lines = [json.dumps({"time": stamp, "msg": text}) for text in texts()]
    lines += [json.dumps({"time": stamp, "error": text, "level": "error"}) for text in texts()]
    lines += [
        json.dumps({"time": stamp, "op": text, "duration_ms": 1, "extra": text, "peer": text})
        for text in texts()
    ]
    lines.append(json.dumps({"time": stamp, "msg": "x", **structured()}))
    lines += [f"no known format, but {text}".replace("\n", " ") for text in texts()]
    lines += [json.dumps({"msg": text})[:-1] for text in texts()]
    found = read_files(tmp_path, {"app.log": "\n".join(lines)})
    assert found.account()["lines"] == len(lines)
    assert survivors(found) == []
    assert {"token", "secret", "email", "card", "phone", "user"} <= set(found.results[0].masked)


def test_users_are_equal_inside_a_store_and_ids_stay_when_asked(tmp_path: Path) -> None:
    line = '{"time":"2026-03-01T10:00:00Z","msg":"x","user_id":918273645}\n'
    hidden = read_files(tmp_path / "a", {"app.log": line * 2})
    kept = read_files(tmp_path / "b", {"app.log": line}, keep_ids=True)
    assert len({row["user_key"] for row in hidden.rows("SELECT user_key FROM log_record")}) == 1
    assert kept.row("SELECT user_key FROM log_record") == {"user_key": "918273645"}


def test_ids_epochs_and_durations_are_not_taken_for_phones_or_cards(tmp_path: Path) -> None:
    bodies = [
        "order 1772359200000 took 1234567890 ns",
        "span 00f067aa0ba902b7 of 4bf92f3577b34da6a3ce929d0e0e4736",
        "update 904512077 handled in 12.5 ms at 2026-03-01 10:00:00",
    ]
    lines = [json.dumps({"time": "2026-03-01T10:00:00Z", "msg": body}) for body in bodies]
    found = read_files(tmp_path, {"app.log": "\n".join(lines)})
    kept = found.rows(
        "SELECT body, line_number FROM log_record "
        "UNION ALL SELECT body, line_number FROM span ORDER BY line_number"
    )
    assert [row["body"] for row in kept] == bodies
