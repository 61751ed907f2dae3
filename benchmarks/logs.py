"""Web logs made from a seed: the same lines on every machine.

A week of a busy site: clients and paths by Zipf's law, a twentieth of the clients with IPv6, one browser for
most clients, and one line in ten thousand that no server should write.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

SEED = 7
SPAN_S = 7 * 86_400
START = datetime(2015, 11, 15, tzinfo=UTC)
LINES_AT_ONCE = 10_000
ODD_ONE_IN = 10_000
STATUSES = (b"200", b"304", b"404", b"301", b"500", b"206", b"403")
STATUS_WEIGHTS = (800, 90, 50, 40, 5, 10, 5)
ODD_LINES = (
    b"",
    b"garbage",
    b'%s - - [%s] "GET /cut',
    b'%s - - [%s] "GET /a"b HTTP/1.1" 200 5 "-" "-"',
    b'%s - - [%s] "GET /\\"quoted\\" HTTP/1.1" 200 17 "-" "M \\"q\\""',
    b'%s - - [%s] "-" 408 - "-" "-"',
    b'%s - - [%s] "\\x16\\x03\\x01" 400 226 "-" "-"',
    b'%s - - [%s] "GET /caf\xe9 HTTP/1.1" 200 12 "-" "M"',
)


class Site:
    """Who asks a site for what."""

    def __init__(self, seed: int, distinct: int) -> None:
        random_ = random.Random(seed)
        self.random = random_
        self.clients = [_client(random_) for _ in range(distinct)]
        agents = [_agent(random_) for _ in range(2_000)]
        popular = _zipf(len(agents), 1.1)
        self.agents = random_.choices(agents, cum_weights=popular, k=distinct)
        self.others = random_.choices(agents, cum_weights=popular, k=distinct)
        self.requests = [_request(random_, number) for number in range(distinct // 3)]
        self.referrers = [b"-"] * 2_000 + [_referrer(random_, number) for number in range(3_000)]
        self.client_weights = _zipf(distinct, 0.9)
        self.request_weights = _zipf(len(self.requests), 1.0)

    def lines(self, count: int, combined: bool = True) -> Iterator[bytes]:
        """So many lines, in blocks that end with a newline."""
        for start in range(0, count, LINES_AT_ONCE):
            size = min(LINES_AT_ONCE, count - start)
            yield b"\n".join(self._some(start, size, count, combined)) + b"\n"

    def _some(self, start: int, size: int, count: int, combined: bool) -> Iterator[bytes]:
        choices, randrange = self.random.choices, self.random.randrange
        clients = choices(range(len(self.clients)), cum_weights=self.client_weights, k=size)
        requests = choices(self.requests, cum_weights=self.request_weights, k=size)
        statuses = choices(STATUSES, weights=STATUS_WEIGHTS, k=size)
        referrers = choices(self.referrers, k=size)
        for place in range(size):
            client, status = clients[place], statuses[place]
            name, time = self.clients[client], _time((start + place) * SPAN_S // count)
            chance = randrange(ODD_ONE_IN * 10)
            if chance < 10:
                odd = ODD_LINES[chance % len(ODD_LINES)]
                yield odd % (name, time) if b"%s" in odd else odd
                continue
            sent = (
                b"-"
                if status == b"304"
                else b"%d" % (randrange(200, 60_000) if chance % 20 else randrange(10**7))
            )
            line = b'%s - - [%s] "%s" %s %s' % (name, time, requests[place], status, sent)
            agent = self.agents[client] if chance % 50 else self.others[client]
            yield b'%s "%s" "%s"' % (line, referrers[place], agent) if combined else line


def write(
    path: Path, lines: int, *, distinct: int = 150_000, combined: bool = True, seed: int = SEED
) -> None:
    """Make a log of so many lines, with at most so many distinct clients."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.writelines(Site(seed, distinct).lines(lines, combined))
    part.rename(path)


def _zipf(count: int, exponent: float) -> Sequence[float]:
    return list(accumulate(1 / rank**exponent for rank in range(1, count + 1)))


def _client(random_: random.Random) -> bytes:
    if random_.random() < 0.05:
        return b"2001:db8:%x:%x::%x" % tuple(random_.randrange(1, 1 << 16) for _ in range(3))
    return b"%d.%d.%d.%d" % (random_.randrange(1, 224), *(random_.randrange(256) for _ in range(3)))


def _agent(random_: random.Random) -> bytes:
    major, build = random_.randrange(30, 131), random_.randrange(10_000)
    return random_.choice(
        (
            b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            b" Chrome/%d.0.%d.0 Safari/537.36" % (major, build),
            b"Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.%d"
            % (major, major, build % 10),
            b"Mozilla/5.0 (iPhone; CPU iPhone OS 1%d_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML,"
            b" like Gecko) Version/1%d.0 Mobile/15E%d Safari/604.1"
            % (major % 8, build % 6, major % 8, build),
            b"Examplebot/%d.%d (+http://www.example.com/bot.html)" % (major % 9, build % 99),
        )
    )


def _request(random_: random.Random, number: int) -> bytes:
    folder = random_.choice(
        (b"", b"/static", b"/blog/2015/11", b"/shop/items", b"/api/v1/users", b"/images/products")
    )
    query = b"?id=%d&page=%d" % (number, random_.randrange(20)) if random_.random() < 0.3 else b""
    kind = random_.choice((b".html", b".png", b".css", b".js", b"/", b""))
    method = b"POST" if random_.random() < 0.05 else b"GET"
    return b"%s %s/%x%s%s HTTP/1.1" % (method, folder, number * 2_654_435_761 % (1 << 32), kind, query)


def _referrer(random_: random.Random, number: int) -> bytes:
    return b"https://www.site%d.example/%s%d" % (random_.randrange(200), b"a" * random_.randrange(30), number)


def _time(second: int) -> bytes:
    return (START + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000").encode()
