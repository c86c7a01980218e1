"""Who may look: loopback only, a token, or a name that a reverse proxy vouches for.

Without a token the page is for this machine: it must be asked for by a loopback name (a page in
the same browser could otherwise reach it by DNS rebinding). With a token every request carries it,
as a bearer header or as the cookie that the login page gives. Writing needs the bearer header
itself, which no foreign page can send.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

COOKIE = "dashboard_session"
LOOPBACK = ("127.0.0.0/8", "::1/128")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
MIN_TOKEN = 16


class AccessError(ValueError):
    """The rules would leave the page open to whoever can reach it; says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules: a token, or a header that names the user (`X-Forwarded-User`), or neither.

    The header is believed only of peers in `proxies`.
    """

    token: str | None = None
    proxy_header: str | None = None
    proxies: tuple[str, ...] = LOOPBACK

    def check(self, host: str) -> None:
        """Raise AccessError where listening on `host` would leave the page open."""
        if self.token is not None and len(self.token) < MIN_TOKEN:
            raise AccessError(f"the dashboard's token has fewer than {MIN_TOKEN} characters")
        if self.token is None and self.proxy_header is None and not _is_loopback(host):
            raise AccessError(
                f"the dashboard would be open to everybody on {host}: set a token, "
                "or listen on 127.0.0.1"
            )

    def may_read(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], peer: str | None
    ) -> bool:
        """Whether the request may see anything."""
        if self._vouched(headers, peer):
            return True
        if self.token is None:
            return self.proxy_header is None and _named_loopback(headers.get("Host", ""))
        return self.may_write(headers) or _equal(cookies.get(COOKIE, ""), self.session())

    def may_write(self, headers: Mapping[str, str]) -> bool:
        """Whether the request carries the token itself; never true without one."""
        if self.token is None:
            return False
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.accepts(given.strip())

    def accepts(self, given: str) -> bool:
        """Whether `given` is the token."""
        return self.token is not None and _equal(given, self.token)

    def session(self) -> str:
        """The cookie's value: proves knowledge of the token without carrying it."""
        key = (self.token or "").encode()
        return hmac.new(key, b"analyzer dashboard session", hashlib.sha256).hexdigest()

    def _vouched(self, headers: Mapping[str, str], peer: str | None) -> bool:
        if self.proxy_header is None or not headers.get(self.proxy_header, "").strip():
            return False
        try:
            address = ip_address(peer or "")
        except ValueError:
            return False
        return any(address in ip_network(network) for network in self.proxies)


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _named_loopback(host: str) -> bool:
    try:
        return _is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
