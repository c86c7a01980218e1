"""How secrets and personal data look inside a text, and the checks that spare what only looks so.

Ids, epochs, durations, versions and addresses of the own network must stay: a pattern that is
not sure by itself has a check beside it.
"""

from __future__ import annotations

import re

from analyzer.ingest.mask_keys import GUARDED

# A value: quoted (its quotes maybe escaped, inside JSON inside a text), or up to a delimiter.
_DONE = r"(?!<(?:secret|token|jwt|credentials|pem)>)"
_QUOTED = r"\\\"(?:[^\"\\]|\\\\.)*\\\"|b?\"(?:[^\"\\]|\\.)*\"|b?'(?:[^'\\]|\\.)*'"
_VALUE = rf"{_DONE}(?:{_QUOTED}|[^\s\"'&,;}})\]\\]+)"
_COOKIE = r"[^\s=;,\"'\\]{1,256}=(?:\"[^\"]*\"|[^\s;,\"'\\]*)"
_PARAMETER = r"[\w-]{1,64}=(?:\\?\"[^\"]*\"|[^\s,\"']+)"

# Readers of text take separators off a message, the first dashes among them.
PEM = re.compile(r"-{0,5}\bBEGIN [A-Z0-9 ]{3,40}-----.*?(?:-----END [^-]+-----|$)", re.DOTALL)
PEM_LINE = re.compile(r"\s*[A-Za-z0-9+/]{40,}={0,2}\s*$")
JWT = re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{5,4096}+\.[\w-]{5,8192}+(?:\.[\w-]*+){0,3}")
BOT_TOKEN = re.compile(r"(?<!\d)\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20,}|(?<=/bot)\d+:[\w-]{5,}")
ISSUED_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:A[KS]IA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|glpat-[\w-]{20,}|"
    r"xox[abeprs]-[\w-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|AIza[\w-]{35})"
)
# A login in a URL: with its password, which may hold what a URL may not, or a long token alone.
URL_LOGIN = re.compile(
    r"(?<=://)(?:[^\s/:@\"'<>?]{0,256}:(?!\d{1,5}(?:[/?#\s]|$))[^\s\"'<>?]{1,256}|"
    r"[^\s/:@\"'<>?]{16,256})(?=@)"
)
COOKIES = re.compile(
    rf"(?P<kept>(?<![\w])(?:set-)?cookies?\\?[\"']?\s*[:=]\s*){_DONE}"
    rf"(?:{_QUOTED}|{_COOKIE}(?:; ?(?:expires=[^;\"'\\\r\n]{{10,32}}|{_COOKIE}|[\w-]+))*)",
    re.IGNORECASE,
)
AUTHORIZATION = re.compile(
    rf"(?P<kept>(?:proxy-)?authorization\\?[\"']?\s*[:=]\s*){_DONE}(?:{_QUOTED}|"
    rf"(?:[A-Za-z][\w-]{{1,40}} )?{_PARAMETER}(?:, ?{_PARAMETER})*|"
    r"(?:[A-Za-z][\w-]{1,40} )?[^\s\"',;\\]+)",
    re.IGNORECASE,
)
SCHEME = re.compile(
    r"\b(?P<kept>(?P<scheme>bearer|basic)\s+)(?P<value>[\w.~+/=:-]{6,})", re.IGNORECASE
)
# `"name": "authorization", "value": "..."`, `('authorization', '...')`, `b'cookie', b'...'`.
LISTED = re.compile(
    rf"(?P<kept>(?P<quote>\\?[\"'])[\w-]{{0,64}}?{GUARDED}(?P=quote)\s*,\s*"
    rf"(?:\\?[\"'](?:value|v|val|values)\\?[\"']\s*:\s*\[?\s*)?)(?:{_QUOTED})",
    re.IGNORECASE,
)
LISTED_BEFORE = re.compile(
    rf"(?P<kept>\\?[\"'](?:value|v|val)\\?[\"']\s*:\s*)(?:{_QUOTED})"
    r"(?=\s*,\s*\\?[\"'](?:name|key|k|header)\\?[\"']\s*:\s*\\?[\"'][\w-]{0,64}?"
    rf"{GUARDED}\\?[\"'])",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"(?P<kept>(?<![A-Za-z0-9])(?P<name>[\w.-]{{0,64}}?{GUARDED}(?![A-Za-z]))"
    rf"\\?[\"']?\]?\s*(?:[:=]|=>)\s*)(?P<value>{_VALUE})",
    re.IGNORECASE,
)
SHORT_PASS = re.compile(
    rf"(?P<kept>(?<![A-Za-z0-9])(?P<name>(?:\w+[_-])?pass)=)(?P<value>{_VALUE})", re.IGNORECASE
)
SPOKEN_CVV = re.compile(r"(?P<kept>\bcv[vc]2?(?: code)?(?: is)? +)\d{3,4}(?!\w)", re.IGNORECASE)
FLAG = re.compile(
    rf"(?P<kept>--[\w-]{{0,64}}?{GUARDED} +){_DONE}(?:{_QUOTED}|[^\s\"'-][^\s\"']*)", re.IGNORECASE
)
ELEMENT = re.compile(
    rf"(?P<kept><(?:\w{{1,32}}:)?[\w-]{{0,64}}?{GUARDED}(?: [^<>]*)?>)[^<>]+(?=</)", re.IGNORECASE
)
NAMED_USER = re.compile(
    r"(?P<kept>(?<![A-Za-z0-9])[\w.-]{0,64}?(?:user_?id|chat_?id|username)\\?[\"']?\s*[:=]\s*"
    r"\\?[\"']?)(?!<)(?P<user>@?[\w.-]+)",
    re.IGNORECASE,
)
# `"from": {"id": 1`, `chat=Chat(id=1`, `user 918273645`: the ways to speak of a Telegram user.
NESTED_USER = re.compile(
    r"(?P<kept>\b(?:from(?:_user)?|chat|user|sender_chat)\\?[\"']?\s*[:=]\s*(?:\w{1,16}\(|\{)\s*"
    r"\\?[\"']?id\\?[\"']?\s*[:=]\s*)(?P<user>-?\d+)"
)
SPOKEN_USER = re.compile(
    r"(?P<kept>\b(?:[Uu]ser|[Cc]hat)(?: id)?[ :#]{1,3})(?P<user>-?\d{5,19})(?![\w.:-])"
)
# What a Telegram update quotes of people, where a log holds an update as a text.
QUOTED_MESSAGE = re.compile(
    r"(?P<kept>(?<![\w])(?:text|caption|first_name|last_name|phone_number)\\?[\"']?\s*[:=]\s*)"
    rf"(?:{_QUOTED})"
)
EMAIL = re.compile(
    r"(?<![\w.+-])(?<!://)(?!git@)[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.([^\W\d_]{2,24})\b"
)
CARD = re.compile(
    r"(?<![\w.-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}([ -]?)\d{6}\2\d{5}|"
    r"\d{15,19})(?![\w-]|\.\d)"
)
PHONE = re.compile(
    r"(?<![\w.+#-])(?:"
    r"\+[1-9](?:[ ().-]{0,2}\d){9,14}|"
    r"00[1-9]\d{0,2}[ -]\d{2,4}[ -]?\d{3,}(?:[ -]?\d{2,4}){0,3}|"
    r"\((?:0\d{2,4}|[2-9]\d{2})\)[ -]?\d(?:[ -]?\d){5,9}|"
    r"0[1-9]\d{1,3}[ /-]\d{3,8}(?:[ -]?\d{2,4}){0,2}|"
    r"0[1-9](?P<gap>[ .-])\d\d(?:(?P=gap)\d\d){3}|"
    r"[178][ -]?\(\d{3}\)[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}|"
    r"[178]-\d{3}-\d{3}-\d{2}-?\d{2}|8 \d{3} \d{3}[ -]\d{2}[ -]\d{2}|"
    r"(?:1-)?[2-9]\d{2}-\d{3}-\d{4}"
    r")(?![\w-]|\.\d|:\d|[ .][0-9a-f]{2}\b)"
)
# Digits alone may be any id: only beside a word for a phone, or as a mobile number is written.
SPOKEN_PHONE = re.compile(
    r"(?P<kept>\b(?:phone|mobile|msisdn|tel|telephone|telefon|handy|whatsapp|sms to)"
    r"(?:[ _-]?(?:number|no))?\\?[\"']?\s{0,2}[:= ]\s{0,2}\\?[\"']?)"
    r"(?P<number>\+?\d(?:[ ()./-]{0,2}\d){6,14})(?![\w:-]|\.\d)",
    re.IGNORECASE,
)
BARE_MOBILE = re.compile(r"(?<![\w.+/:=#-])(?:0[1-9]\d{8,10}|00[1-9]\d{10,12})(?![\w:-]|\.\d)")
IPV4 = re.compile(r"(?<![\w.-])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w-]|\.\d)")
# Addresses of the wide net begin with 2 or 3 today: times and names in `::` do not.
IPV6 = re.compile(
    r"(?<![\w:.])([23][0-9a-f]{3}:[0-9a-f:]{2,}(?::\d{1,3}(?:\.\d{1,3}){3})?)(?![\w])",
    re.IGNORECASE,
)

# What a text must hold for any rule to touch it: looked for in whole columns at once.
SECRET_WORDS = (
    "authorization", "cookie", "api-key", "api_key", "apikey", "api_secret", "apisecret",
    "passw", "passphrase", "passcode", "pass=", "pwd", "secret", "token", "access_key",
    "access-key", "accesskey", "private_key", "private-key", "privatekey", "signing_key",
    "signingkey", "encryption_key", "encryptionkey", "credentials", "dsn", "cvv", "cvc",
    "bearer ", "basic ",
)  # fmt: skip
PHONE_WORDS = ("phone", "mobile", "msisdn", "tel", "handy", "whatsapp", "sms to")
KEY_WORDS = ("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "xox", "k_live_",
             "k_test_", "aiza")  # fmt: skip
ALWAYS_SUSPECT = (
    *SECRET_WORDS, *KEY_WORDS, "key-----", "certificate-----", "eyj", "@", "%40", "message_id",
)  # fmt: skip
USER_WORDS = ("user_id", "userid", "chat_id", "chatid", "username")
SUSPECT_USERS = (
    r"(?:from(?:_user)?|chat|user)\\?[\"']?\s?[:=]\s?[\w({]{1,17}\\?[\"']?id\\?[\"']?\s?[:=]|"
    r"(?:[Uu]ser|[Cc]hat)(?: id)?[ :#]{1,3}-?\d{5}"
)
SUSPECT_NUMBERS = (
    r"\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20}|/bot\d+:|\b[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}|"
    r"\b3\d{3}[ -]\d{6}[ -]\d{5}|\+[1-9](?:[ ().-]{0,2}\d){9}|\(\d{3,5}\)[ -]?\d|"
    r"\b0[1-9]\d{1,3}[ /-]\d{3}|\b0[1-9](?:[ .-]\d\d){4}|\b00?[1-9]\d{8}|"
    r"\b00[1-9]\d{0,2}[ -]\d{2,4}[ -]?\d{3}|\b[178]-\d{3}-\d{3}-\d\d|\b8 \d{3} \d{3}[ -]\d\d|"
    r"\b[2-9]\d{2}-\d{3}-\d{4}|"
    r"(?i:phone|mobile|msisdn|\btel|handy|whatsapp|sms to)[^0-9/]{0,16}\d[ 0-9()./-]{6}|"
    r"\b[23][0-9a-fA-F]{3}:(?:[0-9a-fA-F:]*:)?:|\b[23][0-9a-fA-F]{3}(?::[0-9a-fA-F]{1,4}){5}"
)
SUSPECT_ADDRESSES = r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d"
SUSPECTS_WITH_USERS = (SUSPECT_NUMBERS, SUSPECT_USERS)
