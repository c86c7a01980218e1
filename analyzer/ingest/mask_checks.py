"""What to put in the place of what a pattern found: a mask, or the text where it only looks so."""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from analyzer.ingest.mask_patterns import IPV4

_NO_VALUES = frozenset({"true", "false", "null", "none", "nil", "undefined", "yes", "no", '""'})
# What stands behind an `@` without being a domain: units of systemd, pictures, modules.
_NO_DOMAINS = frozenset({
    "service", "socket", "mount", "slice", "target", "timer", "scope", "device", "swap", "path",
    "png", "jpg", "jpeg", "gif", "svg", "webp", "js", "mjs", "ts", "tsx", "jsx", "css", "json",
    "py", "rb", "go", "java", "html", "log", "local",
})  # fmt: skip
_MIN_OPAQUE = 16
_CALLED_ID = re.compile(
    r"(?<!card)(?<!card[_.-])id\\?[\"']?\s{0,2}[:= ]\s{0,2}\\?[\"']?$", re.IGNORECASE
)
_PRODUCT = re.compile(
    r"(?:Chrome|Chromium|CriOS|Edge?|EdgA|OPR|Opera|Version|YaBrowser|Vivaldi|Firefox|Safari|"
    r"SamsungBrowser|UCBrowser|Whale|DuckDuckGo|MSIE|Trident|rv:|[vV])/?$|"
    r"[vV]ersion[\"']?[ :=]{1,2}[\"']?$"
)
_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})$|5[1-5]\d{14}$|2(?:2[2-9]|[3-6]\d|7[01])\d{13}$|2720\d{12}$|3[47]\d{13}$|"
    r"220[0-4]\d{12}$|6(?:011|4[4-9]\d|5\d\d)\d{12,15}$|35(?:2[89]|[3-8]\d)\d{12,15}$|"
    r"62\d{14,17}$|3(?:0[0-5]|[68]\d)\d{13}$|(?:50|5[6-9]|6\d)\d{13,17}$"
)


def keep_name(match: re.Match[str]) -> str:
    """Hide what follows the words that name it."""
    return f"{match['kept']}<secret>"


def quoted_of_update(match: re.Match[str]) -> str:
    """Hide what an update quotes of people."""
    return f"{match['kept']}<personal>"


def named(match: re.Match[str]) -> str:
    """Hide a named value; flags (`token=true`), working folders and counts of passes stay."""
    name, value = match["name"].lower(), match["value"]
    if value.lower() in _NO_VALUES or (name.endswith("pwd") and value.startswith("/")):
        return match[0]
    if name.endswith("pass") and value.isdigit():
        return match[0]
    return keep_name(match)


def scheme(match: re.Match[str]) -> str:
    """Hide what follows `Bearer` or `Basic` where it is no word of English."""
    value = match["value"]
    if match["scheme"].lower() == "basic":
        return keep_name(match) if _is_basic_login(value) else match[0]
    opaque = len(value) >= _MIN_OPAQUE or any(c.isdigit() or c.isupper() for c in value[1:])
    return keep_name(match) if opaque and "=" not in value[:-2] else match[0]


def _is_basic_login(value: str) -> bool:
    try:
        return b":" in b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        return False


def email(match: re.Match[str]) -> str:
    """Hide an e-mail address."""
    return match[0] if match[1].lower() in _NO_DOMAINS else "<email>"


def login(match: re.Match[str]) -> str:
    """Hide a URL's login: with its password, or a token alone; a mere name stays."""
    text = match[0]
    return "<credentials>" if ":" in text or any(c.isdigit() for c in text) else text


def card(match: re.Match[str]) -> str:
    """Hide a number that an issuer could have given (ISO/IEC 7812) and whose Luhn digit fits.

    One in ten long ids fits by chance: what is called an id and no card stays.
    """
    number = re.sub(r"[ -]", "", match[0])
    before = match.string[max(0, match.start() - 24) : match.start()]
    if not _ISSUERS.match(number) or _CALLED_ID.search(before):
        return match[0]
    digits = [int(c) for c in number]
    doubled = (2 * d - 9 if d > 4 else 2 * d for d in digits[-2::-2])
    return "<card>" if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def phone(match: re.Match[str]) -> str:
    """Hide a phone number: 10 to 15 digits (E.164), with points only between short groups."""
    text = match[0]
    digits = sum(c.isdigit() for c in text)
    long_fraction = "." in text and max(map(len, text.split("."))) > 5
    return text if not 10 <= digits <= 15 or long_fraction else "<phone>"


def bare_mobile(match: re.Match[str]) -> str:
    """Hide a mobile number written without any space, not a padded counter."""
    return match[0] if "000" in match[0] else "<phone>"


def spoken_phone(match: re.Match[str]) -> str:
    """Hide a number that the words before it call a phone's."""
    return f"{match['kept']}<phone>"


def network4(match: re.Match[str]) -> str:
    """Return the network of an address of the wide net; the own network and versions stay."""
    parts = [int(part) for part in match.groups()]
    if any(part > 255 for part in parts) or parts[3] == 0:
        return match[0]
    if parts[0] in {0, 10, 127} or parts[:2] in ([192, 168], [169, 254]):
        return match[0]
    if parts[0] == 172 and 16 <= parts[1] <= 31:
        return match[0]
    if _PRODUCT.search(match.string, max(0, match.start() - 24), match.start()):
        return match[0]
    return f"{parts[0]}.{parts[1]}.{parts[2]}.0"


def network6(match: re.Match[str]) -> str:
    """Return the /48 of an address of the wide net (`2001:db8:1::`)."""
    try:
        found = _network6(match[0])
    except AddressValueError:
        return match[0]
    return match[0] if found == match[0] else found


@lru_cache(maxsize=65_536)
def network(text: str) -> str:
    """Return a client's addresses in `text` without their last parts, own network or not."""
    text = IPV4.sub(r"\1.\2.\3.0", text)
    if ":" not in text:
        return text
    return _ADDRESS6.sub(_any_network6, text)


_ADDRESS6 = re.compile(r"(?<![\w:.])[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?:%\w+)?")


def _any_network6(match: re.Match[str]) -> str:
    try:
        return _network6(match[0].split("%")[0])
    except AddressValueError:
        return match[0]


def _network6(text: str) -> str:
    address = int(IPv6Address(text)) >> 80 << 80
    return str(IPv6Address(address))
