"""Lines of formats of a fixed form, with values that each part of them may have."""

from __future__ import annotations

import random
from collections.abc import Callable

Style = Callable[[random.Random], str]
_HEX = "0123456789abcdef"
QUOTED_WORD, DETAILS = '"GET', '- - "-" '


def hexes(source: random.Random, count: int) -> str:
    return "".join(source.choice(_HEX) for _ in range(count))


def clock(source: random.Random) -> str:
    return f"{source.randrange(24):02d}:{source.randrange(60):02d}:{source.randrange(61):02d}"


def part(source: random.Random, digits: int) -> str:
    return f"{source.randrange(10**digits):0{digits}d}"


def address(source: random.Random) -> str:
    usual = [f"81.2.69.{source.randrange(256)}", f"10.0.0.{source.randrange(256)}"]
    return source.choice(usual * 4 + ["2001:db8:1::7", "::1", "backend", "300.1.1.1"])


def path(source: random.Random) -> str:
    n = source.randrange(99)
    usual = [f"/faq/{n}", "/", f"/search?q=a{n}&page={n}"]
    odd = [f"/x?request_id=r-{n}", "/a?token=s3cret", "*", "/a\\b", "/ä", f"/users?user_id={n}"]
    return source.choice(usual * 6 + odd)


def request(source: random.Random, before: str = "") -> str:
    verb = source.choice(["GET", "POST", "DELETE"])
    usual = f"{verb} {before}{path(source)} HTTP/{source.choice(['1.1', '2.0'])}"
    odd = [f"{verb} {path(source)}", "-", "", "- - -", "<BADREQ>", f"{verb} {path(source)} "]
    return source.choice([usual] * 20 + odd)


def agent(source: random.Random) -> str:
    return source.choice(
        ["curl/8.4.0", "-", "", "Mozilla/5.0 (X11; phone)", "é", "a\\b", "x\x1b["]
    )


def code(source: random.Random) -> str:
    return source.choice(["200"] * 6 + ["404", "500", "503", "-", "000", "0"])


def alb_line(source: random.Random) -> str:
    kind, second = source.choice(["http", "https", "h2", "wss"]), clock(source)
    group = "arn:aws:elasticloadbalancing:eu-1:1:targetgroup/web/7"
    root = f"Root=1-{hexes(source, 8)}-{hexes(source, 24)}"
    return (
        f"{kind} 2026-03-01T{second}.{part(source, 6)}Z {balanced(source)} "
        f'"{agent(source)}" {source.choice(["ECDHE-RSA TLSv1.2", "- -"])} '
        f"{source.choice([group, group, '-', 'arn:targetgroup//7'])} "
        f'"{source.choice([root, root, f"Self=1-{hexes(source, 8)};{root}", "-", ""])}" '
        f'"{source.choice(["x.org", "-", "ü"])}" "arn:aws:acm:1" 0 2026-03-01T{second}.000Z '
        f'"forward"'
    )


def balanced(source: random.Random) -> str:
    spent = " ".join(
        source.choice(
            [f"0.{part(source, 3)}", f"{source.randrange(20)}.{part(source, 6)}"] * 8 + ["-1"]
        )
        for _ in range(3)
    )
    name = source.choice(["app/my-lb/50dc6c495c0c9188", "my-lb"])
    host = source.choice(["https://x.org:443", "http://x.org", "", ""])
    return (
        f"{name} {address(source)}:{source.randrange(9999)} "
        f"{source.choice([f'{address(source)}:80', '-'])} {spent} {code(source)} {code(source)} "
        f'{source.randrange(999)} {source.randrange(999)} "{request(source, host)}"'
    )


def elb_line(source: random.Random) -> str:
    tail = source.choice([f' "{agent(source)}" - -', f' "{agent(source)}" ECDHE TLSv1.2', ""])
    return f"2026-03-01T{clock(source)}.{part(source, 6)}Z {balanced(source)}{tail}"


def nlb_line(source: random.Random) -> str:
    return (
        f"tls 2.0 2026-03-01T{clock(source)} net/{source.choice(['my-nlb/c6e77e28', 'bare'])} "
        f"g3d4b "
        f"{address(source)}:{source.randrange(9999)} {address(source)}:443 "
        f"{source.randrange(9999)} "
        f"{source.choice(['7', '-'])} 98 246 {source.choice(['-', 'arn:x'])} - ECDHE tlsv12 - "
        f"x.org"
    )


def proxied(source: random.Random) -> str:
    return (
        f"{source.choice(['', '', 'haproxy[7]: '])}{address(source)}:{source.randrange(9999)} "
        f"[01/Mar/2026:{clock(source)}{source.choice(['', '.' + part(source, 3)])}] "
        f"{source.choice(['web', 'web~', 'we~b', QUOTED_WORD])} {source.choice(['api', 'faq'])}/"
        f"{source.choice(['s1', '<NOSRV>'])}"
    )


def haproxy_line(source: random.Random) -> str:
    timers = "/".join(source.choice(["7", "0", "-1", "+12"]) for _ in range(4))
    captured = source.choice(["", "{x.org|curl} ", "{a}{b} ", "{} {é} "])
    tail = source.choice(["", "", f" {hexes(source, 12)}", " short", f" {hexes(source, 9)} more"])
    return (
        f"{proxied(source)} {timers}/{source.choice(['', '+'])}{source.randrange(999)} "
        f"{source.choice(['200', '200', '503', '-1'])} {source.choice(['', '+'])}612 - - "
        f"{source.choice(['----', '----', 'SC--', 'CD--', 'cD--', '-SVN', 'sH--'])} 1/1/0/0/+1 "
        f"0/0 "
        f'{captured}"{request(source)}"{tail}'
    )


def haproxy_tcp_line(source: random.Random) -> str:
    return (
        f"{proxied(source)} {source.choice(['0', '-1'])}/{source.randrange(9)}/"
        f"{source.choice(['', '+'])}{source.randrange(999)} 212 "
        f"{source.choice(['--', '--', 'CD', 'sD', 'SC'])} 1/1/0/0/0 0/{source.randrange(9)}"
    )


def envoy_line(source: random.Random) -> str:
    identifier = f"{hexes(source, 8)}-{hexes(source, 4)}"
    cluster = source.choice(
        ["outbound|80|v1|faq.ns.svc.cluster.local", "inbound|80||", "-", "x.org"]
    )
    return (
        f'[2026-03-01T{clock(source)}.{part(source, 3)}Z] "{request(source)}" {code(source)} '
        f"{source.choice(['-', '-', '-', 'UF', 'UF,URX', 'DC', 'via_upstream'])} "
        f"{source.choice(['', DETAILS])}{source.randrange(99)} 612 "
        f'{source.choice(["7", "12", "-"])} {source.choice(["5", "-"])} "{address(source)}" '
        f'"{agent(source)}" "{source.choice([identifier, identifier, "-", ""])}" "faq:80" '
        f'"{source.choice(["10.0.0.7:80", "-"])}"'
        f"{source.choice(['', f' {cluster}', f' {cluster} 10.0.0.7:80 - default'])}"
    )


def uwsgi_line(source: random.Random) -> str:
    n = source.randrange(999)
    unit = source.choice(["msecs", "msecs", "micros", "secs"])
    return (
        f"[pid: {n}|app: 0|req: {n}/{n}] {address(source)} ({source.choice(['', 'ann'])}) "
        f"{{42 vars in 675 bytes}} [Sun Mar  1 {clock(source)} 2026] "
        f"{source.choice(['GET', 'POST'])} "
        f"{path(source)} => generated {n} bytes in {n} {unit} (HTTP/1.1 {code(source)}) 4 headers"
    )


def gin_line(source: random.Random) -> str:
    took = source.choice(
        [f"{source.randrange(999)}.{part(source, 3)}µs", "12.5ms", "3s", "1m2.5s"]
    )
    return (
        f"[GIN] 2026/03/01 - {clock(source)} | {code(source)} | {took:>13} | "
        f"{address(source):>15} | "
        f'{source.choice(["GET", "POST"]):<7}  "{path(source)}"'
    )


def squid_line(source: random.Random) -> str:
    return (
        f"{1772359200 + source.randrange(9999)}.{part(source, 3)} {source.randrange(9999):6d} "
        f"{address(source)} {source.choice(['TCP_MISS', 'TCP_TUNNEL'])}/{code(source)} "
        f"{source.randrange(999)} {source.choice(['GET', 'CONNECT'])} http://x.org{path(source)} "
        f"- "
        f"{source.choice(['HIER_DIRECT/10.0.0.7', 'HIER_NONE/-'])}"
        f"{source.choice(['', ' text/html'])}"
    )


def s3_line(source: random.Random) -> str:
    asked = source.choice([f'"{request(source)}"'] * 3 + ["-"])
    return (
        f"{'79a59df9' * 8} {source.choice(['faq', 'b' * 63])} [01/Mar/2026:{clock(source)} +0000] "
        f"{address(source)} {'79a59df9' * 8} {hexes(source, 16).upper()} REST.GET.OBJECT a/7.jpg "
        f"{asked} {code(source)} {source.choice(['-', '-', 'NoSuchKey'])} "
        f"{source.choice(['-', '612'])} "
        f"{source.choice(['-', '612'])} {source.choice(['7', '9', '-'])} "
        f"{source.choice(['7', '-'])} "
        f'"-" "{agent(source)}" -'
    )


FORM_STYLES: dict[str, Style] = {
    "alb": alb_line,
    "elb": elb_line,
    "envoy": envoy_line,
    "gin": gin_line,
    "haproxy": haproxy_line,
    "haproxy_tcp": haproxy_tcp_line,
    "nlb": nlb_line,
    "s3": s3_line,
    "squid": squid_line,
    "uwsgi": uwsgi_line,
}
