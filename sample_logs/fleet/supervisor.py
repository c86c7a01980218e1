"""Starts the fleet's processes on free ports, keeps them up, stops them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sample_logs.fleet.topology import processes

ROOT = Path(__file__).parents[2]
STOP_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """Where the fleet logs and stores, whom it talks to, what runs merged."""

    logs: Path
    stores: Path
    seed: int
    bot_api_url: str
    bot_token: str
    merged: tuple[str, ...] = ()


@dataclass(slots=True)
class Fleet:
    """The running processes by the services they mount; use as a context manager."""

    plan: FleetPlan
    addresses: dict[str, str] = field(default_factory=dict)
    _children: dict[tuple[str, ...], subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        groups = processes(self.plan.merged)
        sockets = {name: bound(0) for group in groups for name in group}
        self.addresses = {
            name: f"http://127.0.0.1:{listening.getsockname()[1]}"
            for name, listening in sockets.items()
        }
        for group in groups:
            self._start(group, {name: sockets[name] for name in group})
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _start(self, group: tuple[str, ...], sockets: dict[str, socket.socket]) -> None:
        descriptors = {name: listening.fileno() for name, listening in sockets.items()}
        plan = self.plan
        told: dict[str, Any] = {
            "services": group,
            "listen": descriptors,
            "addresses": self.addresses,
            "logs": str(plan.logs.resolve()),
            "stores": str(plan.stores.resolve()),
            "seed": plan.seed,
            "bot_api_url": plan.bot_api_url,
        }
        command = [sys.executable, "-m", "sample_logs.fleet", "serve", json.dumps(told)]
        environment = os.environ | {"BOT_TOKEN": plan.bot_token}
        self._children[group] = subprocess.Popen(
            command, cwd=ROOT, env=environment, pass_fds=list(descriptors.values())
        )
        for listening in sockets.values():
            listening.close()

    def kill(self, service: str) -> None:
        """End the process that mounts `service` at once, as a crash does."""
        child = self._children[self._group_of(service)]
        child.kill()
        child.wait()

    def restart(self, service: str) -> None:
        """Start the killed process again, on the same ports."""
        group = self._group_of(service)
        ports = {name: int(self.addresses[name].rpartition(":")[2]) for name in group}
        self._start(group, {name: bound(port) for name, port in ports.items()})

    def _group_of(self, service: str) -> tuple[str, ...]:
        return next(group for group in self._children if service in group)

    def ended(self) -> list[str]:
        """Services whose process is no longer there."""
        return [
            name
            for group, child in self._children.items()
            if child.poll() is not None
            for name in group
        ]

    def stop(self) -> None:
        """Ask all to finish; end those that do not."""
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def bound(port: int) -> socket.socket:
    """A listening socket on loopback, ready to be handed to a child; port 0 picks one."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening
