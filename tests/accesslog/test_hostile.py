"""A log of everything that breaks other programs, against an oracle that reads it another way; awk; GoAccess.

The oracle knows nothing of the reader: it walks through a line byte by byte, by the words of the contract.
"""

import gzip
import json
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import INVALID_LINES, OK_LINES, RECOVERED_LINES, START
from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_breakdown import detailed
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import need
from twisted_suite.accesslog.batch import analyse
from twisted_suite.accesslog.packing import to_bytes
from twisted_suite.accesslog.scan import Plan, Scan
from twisted_suite.accesslog.stats import Stats

DIGITS = b"0123456789"


def verdict(line: bytes) -> tuple[str, bytes, bytes, int] | None:
    """What the contract says of a line: ok or recovered, with client, status and size; None if invalid."""
    if len(line) > 1 << 20:
        return None
    line = line.rstrip(b"\r\n")
    if (found := strict(line)) is not None:
        return "ok", *found
    for bare in unwrapped(line):
        if (found := strict(bare)) is not None or (found := loose(bare)) is not None:
            return "recovered", *found
    return None


def unwrapped(line: bytes) -> list[bytes]:
    """The line without a mark, without wrapping quotes, without both, and as it is."""
    found = [line]
    if line[:3] == b"\xef\xbb\xbf":
        found.append(line[3:])
    found += [each[1:-1] for each in found if len(each) > 1 and each[0] == each[-1] == ord('"')]
    return found[::-1]


def head(line: bytes) -> tuple[bytes, int] | None:
    """``client ident user [time] "``: the client, and where the request begins."""
    client, blank, rest = line.partition(b" ")
    if not client or not blank or client[:3] == b"\xef\xbb\xbf" or client[0] < 33:
        return None
    if any(byte < 33 or byte == ord('"') for byte in client):
        return None
    ident, blank, rest = rest.partition(b" ")
    if not ident or not blank or b'"' in ident:
        return None
    at = len(client) + 1 + len(ident) + 1
    for opening in (place for place in range(at + 1, len(line)) if line[place : place + 2] == b" ["):
        closing = line.find(b'] "', opening)
        time = line[opening + 2 : closing]
        if closing >= 0 and not set(time) & set(b'[]"') and opening > at:
            return client, closing + 3
    return None


def tail(line: bytes, at: int) -> tuple[bytes, int] | None:
    """`` ddd bytes`` at this place: status and size."""
    parts = line[at:].split(b" ", 3)
    if len(parts) < 3 or parts[0] or len(parts[1]) != 3 or any(byte not in DIGITS for byte in parts[1]):
        return None
    size = parts[2].rstrip(b"\r\n")
    if size == b"-":
        return parts[1], 0
    if not 1 <= len(size) <= 20 or any(byte not in DIGITS for byte in size):
        return None
    return parts[1], int(size)


def ends(line: bytes, at: int) -> list[int]:
    """The places of quotes that are not escaped."""
    found, escaped = [], False
    for place in range(at, len(line)):
        if escaped:
            escaped = False
        elif line[place] == ord("\\"):
            escaped = True
        elif line[place] == ord('"'):
            found.append(place)
    return found


def strict(line: bytes) -> tuple[bytes, bytes, int] | None:
    """The request ends at the first quote that is not escaped."""
    found = head(line)
    quotes = ends(line, found[1]) if found else []
    after = tail(line, quotes[0] + 1) if quotes else None
    return (found[0], *after) if found and after else None


def loose(line: bytes) -> tuple[bytes, bytes, int] | None:
    """The request ends at the first quote that status and size follow."""
    found = head(line)
    for quote in ends(line, found[1]) if found else []:
        if found and (after := tail(line, quote + 1)):
            return found[0], *after
    return None


def hostile(seed: int, count: int) -> list[bytes]:
    """Lines of every kind, mixed, and cut where a full disk would have cut them."""
    random = Random(seed)
    kinds = [line for line in OK_LINES if len(line) < 100_000]
    kinds += [line for _, line in (*RECOVERED_LINES, *INVALID_LINES) if len(line) < 100_000]
    kinds += [START + b'"GET /%s HTTP/1.1" 200 1' % bytes([byte]) for byte in range(256) if byte not in b"\n"]
    lines = [random.choice(kinds) for _ in range(count)]
    lines += [line[: random.randrange(len(line) + 1)] for line in random.sample(kinds, 60)]
    lines += [line + b"\r" for line in random.sample(kinds, 60)]
    random.shuffle(lines)
    return lines


class HostileTests(FolderTestCase):
    def assert_as_the_oracle(self, stats: Stats, lines: list[bytes]) -> None:
        """Outcomes, visitors, page views and bytes of every client are those of the oracle."""
        verdicts = [verdict(line) for line in lines]
        outcomes = Counter("invalid" if each is None else each[0] for each in verdicts)
        self.assertEqual(
            (stats.lines, stats.ok, stats.recovered, stats.invalid),
            (len(lines), outcomes["ok"], outcomes["recovered"], outcomes["invalid"]),
        )
        requests: Counter[bytes] = Counter()
        traffic: Counter[bytes] = Counter()
        views = 0
        for _, client, status, size in filter(None, verdicts):
            requests[client] += 1
            traffic[client] += size
            views += status == b"200"
        self.assertEqual(
            stats.ranking(),
            sorted(
                ((client, count, traffic[client]) for client, count in requests.items()),
                key=lambda row: (-row[2], row[0]),
            ),
        )
        self.assertEqual(stats.pageviews, views)

    def test_the_oracle(self) -> None:
        """Every line of a hostile log has the outcome that the contract says, in files of every kind."""
        for seed in range(3):
            lines = hostile(seed, 400)
            log = b"\n".join(lines)
            self.assert_as_the_oracle(analyse([self.put("log", log)]).stats, lines)
            self.assert_as_the_oracle(analyse([self.put("log.gz", gzip.compress(log))]).stats, lines)
        self.assert_as_the_oracle(analyse([str(SAMPLE_LOG)]).stats, SAMPLE_LOG.read_bytes().splitlines())

    def test_cut_gzip(self) -> None:
        """Of a packed log that is cut off, the lines before the cut have the same outcomes."""
        lines = hostile(9, 400)
        packed = gzip.compress(b"\n".join(lines) + b"\n")
        report = analyse([self.put("log.gz", packed[: len(packed) // 2])])
        (source,) = report.damaged
        self.assertTrue(100 < source.lines < len(lines))
        self.assertEqual(report.stats.lines, report.stats.ok + report.stats.recovered + report.stats.invalid)

    def test_split_and_merged(self) -> None:
        """Split at any bytes into any number of blocks, or at lines and merged in any order: one value."""
        lines = hostile(5, 300)
        log = b"\n".join(lines) + b"\n"
        whole = detailed(log)
        random = Random(1)
        for blocks in (2, 7, 100):
            scan = Scan("log", Plan(detailed=True))
            cuts = sorted(random.sample(range(len(log)), blocks))
            for start, end in pairwise([0, *cuts, len(log)]):
                scan.feed(log[start:end])
            scan.finish()
            self.assertEqual(scan.stats, whole)
            parts = []
            for start, end in pairwise([0, *sorted(random.sample(range(len(lines)), blocks)), len(lines)]):
                part = Scan("log", Plan(detailed=True), line_number=start)
                part.count(lines[start:end])
                parts.append(part.stats)
            random.shuffle(parts)
            total = Stats()
            for stats in parts:
                total.merge(stats)
            self.assertEqual(to_bytes(total), to_bytes(whole))


# Strict: it counts what the contract calls ok, of logs without escapes, as its own words say.
AWK = r"""
match($0, /^[^ "]+ [^ "]+ .+ \[[^\[\]"]*\] "[^"\\]*" [0-9][0-9][0-9] ([0-9]+|-)( |\r?$)/) {
  split($0, part, "\""); split(part[3], number, " ")
  views += number[1] == 200; bytes[$1] += number[2]; total += number[2]
}
END { n = 0; for (client in bytes) n++; printf "%d %d %d\n", views, n, total }
"""


class AwkTests(SynchronousTestCase):
    def test_the_four_figures(self) -> None:
        """An awk program finds the same figures in the lecture's log and in an ordinary one."""
        for awk in ("mawk", "gawk"):
            need(shutil.which(awk), f"there is no {awk}: apt-get install {awk}")
            for log in (SAMPLE_LOG.read_bytes(), ordinary(3_000)):
                done = subprocess.run([awk, AWK], input=log, capture_output=True, check=True)
                stats = detailed(log)
                expected = (stats.pageviews, stats.visitors, stats.total_bytes)
                self.assertEqual(tuple(map(int, done.stdout.split())), expected, awk)


def ordinary(count: int) -> bytes:
    """A log of people, robots and mistakes over three days, without odd lines."""
    random = Random(4)
    agents = (
        b"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0",
        b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
        b"Safari/537.36",
        b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    )
    lines = []
    for number in range(count):
        second = number * 3 * 86_400 // count
        client = b"10.0.%d.%d" % (random.randrange(3), random.randrange(60))
        day, hour, minute = 15 + second // 86_400, second // 3600 % 24, second // 60 % 60
        time = b"%02d/Nov/2015:%02d:%02d:%02d +0000" % (day, hour, minute, second % 60)
        request = b"%s /p%d HTTP/1.1" % (random.choice((b"GET", b"GET", b"POST")), random.randrange(40))
        answer = b"%d %d" % (random.choice((200, 200, 200, 404, 301)), random.randrange(90_000))
        referrer = random.choice((b"-", b"http://example.com/", b"https://other.example.org/x"))
        rest = b'"%s" %s "%s" "%s"\n' % (request, answer, referrer, random.choice(agents))
        lines.append(client + b" - - [" + time + b"] " + rest)
    return b"".join(lines)


class GoAccessTests(FolderTestCase):
    def test_panels(self) -> None:
        """GoAccess' own JSON has the same numbers in the panels that both have."""
        goaccess = shutil.which("goaccess")
        need(goaccess, "there is no goaccess: apt-get install goaccess")
        log = self.put("access.log", ordinary(3_000))
        report = self.path("report.json")
        words = ("--log-format=COMBINED", "--no-global-config", "--no-progress", "--4xx-to-unique-count")
        subprocess.run(
            [goaccess or "", log, *words, "-o", report], capture_output=True, check=True, timeout=60
        )
        with open(report, encoding="utf-8") as file:
            theirs = json.load(file)
        stats = detailed(ordinary(3_000))
        self.compare(theirs, stats)

    def compare(self, theirs: dict[str, object], stats: Stats) -> None:
        """Hits and bytes by value, of days, statuses, clients, referring sites and hours."""
        from twisted_suite.accesslog.breakdown import breakdown

        found = breakdown(stats.panels)
        general: dict[str, int] = theirs["general"]  # type: ignore[assignment]
        self.assertEqual((general["total_requests"], general["bandwidth"]), (stats.lines, stats.total_bytes))
        self.assertEqual((general["valid_requests"], general["failed_requests"]), (stats.ok, stats.invalid))
        for panel, ours, key in (
            ("visitors", "days", lambda value: f"{value[:4]}-{value[4:6]}-{value[6:]}"),
            ("hosts", "clients", str),
            ("visit_time", "hours_of_day", str),
        ):
            rows = theirs[panel]["data"]  # type: ignore[index]
            mine = {value.decode(): (hits, size) for value, hits, size in found.panel(ours).rows}
            hers = {key(row["data"]): (row["hits"]["count"], row["bytes"]["count"]) for row in rows}
            self.assertEqual(hers, {value: mine[value] for value in hers}, panel)
            self.assertEqual(len(mine) if len(mine) < 366 else 366, len(hers), panel)
        sums: dict[str, Counter[str]] = {
            "not_found": Counter(),
            "referring_sites": Counter(),
            "status_codes": Counter(),
        }
        for panel, sum_by_value in sums.items():
            rows = theirs[panel]["data"]  # type: ignore[index]
            for row in [each for group in rows for each in group.get("items", [group])]:
                sum_by_value[row["data"].split(" ")[0]] += row["hits"]["count"]
        for panel, ours in (
            ("not_found", "not_found"),
            ("referring_sites", "sites"),
            ("status_codes", "statuses"),
        ):
            counts = {value.decode(): hits for value, hits, _ in found.panel(ours).rows if value != b"-"}
            self.assertEqual(dict(sums[panel]), counts, panel)
        days = {row["data"]: row["visitors"]["count"] for row in theirs["visitors"]["data"]}  # type: ignore[index]
        self.assertEqual(sum(days.values()), found.daily_visitors)
