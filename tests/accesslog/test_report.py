"""What people and programs read."""

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import INVALID_LINES, OK, RECOVERED_LINES, START
from tests.accesslog.test_scan import SAMPLE_LOG, scanned
from twisted_suite.accesslog.report import Report, Source, read_as, to_json, to_text
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.words import WORDS

DAMAGED = Source("log.gz", "gzip", 1, 1, 0, 0, "the gzip data is cut off", {"common": 1})
ODD_LOG = b"\n".join(
    [OK, *(line for _, line in RECOVERED_LINES), *(line for _, line in INVALID_LINES if len(line) < 100)]
)


def report(log: bytes, *sources: Source) -> Report:
    """A report on the lines of `log`."""
    return Report(scanned(log), sources)


class JSONTests(SynchronousTestCase):
    def test_the_contract(self) -> None:
        """The lecture's log as one object, with the keys that programs hold on to."""
        found = json.loads(to_json(report(SAMPLE_LOG.read_bytes())))
        for key, value in {
            "lines": 493,
            "ok": 493,
            "recovered": 0,
            "invalid": 0,
            "pageviews": 327,
            "visitors": 99,
            "bytes": 29_992_323,
            "statuses": {"200": 327, "301": 3, "304": 4, "404": 156, "405": 1, "408": 2},
            "first": "2015-11-15T03:45:45+00:00",
            "last": "2015-11-17T01:29:25+00:00",
        }.items():
            self.assertEqual(found[key], value, key)
        self.assertEqual(found["clients"][0], {"client": "223.62.67.5", "requests": 167, "bytes": 26_540_048})
        self.assertEqual(len(found["clients"]), 99)
        order = [(-row["bytes"], row["client"]) for row in found["clients"]]
        self.assertEqual(order, sorted(order))

    def test_odd_lines(self) -> None:
        """Repairs, reasons and samples account for every line that was not ok."""
        found = json.loads(to_json(report(ODD_LOG)))
        self.assertEqual(found["lines"], found["ok"] + found["recovered"] + found["invalid"])
        self.assertEqual(found["lines"], ODD_LOG.count(b"\n") + 1)
        self.assertEqual(sum(found["repairs"].values()), found["recovered"])
        self.assertEqual(sum(found["invalid_reasons"].values()), found["invalid"])
        self.assertEqual({sample["reason"] for sample in found["samples"]}, set(found["invalid_reasons"]))
        self.assertEqual({sample["file"] for sample in found["samples"]}, {"log"})

    def test_files(self) -> None:
        """Every file says what it gave, and why it gave no more."""
        found = json.loads(to_json(report(OK, DAMAGED)))
        self.assertEqual(
            found["files"],
            [
                {
                    "file": "log.gz",
                    "compression": "gzip",
                    "lines": 1,
                    "ok": 1,
                    "recovered": 0,
                    "invalid": 0,
                    "damage": "the gzip data is cut off",
                    "format": "common",
                    "sure": 1.0,
                    "formats": {"common": 1},
                }
            ],
        )

    def test_any_bytes(self) -> None:
        """Names that are no text stay apart, and the object is ASCII."""
        log = b'\xff - - [t] "-" 200 1\n\xc3\xbf - - [t] "-" 200 1\n\\xff - - [t] "-" 200 1\n\x00\xff\x1b'
        text = to_json(report(log))
        self.assertTrue(text.isascii())
        self.assertEqual(len({row["client"] for row in json.loads(text)["clients"]}), 3)

    def test_nothing(self) -> None:
        """An empty log has no first and no last."""
        found = json.loads(to_json(Report(Stats(), ())))
        self.assertEqual(
            (found["lines"], found["first"], found["last"], found["clients"]), (0, None, None, [])
        )

    def test_same_figures_same_report(self) -> None:
        """The order of the lines of a log does not show."""
        lines = ODD_LOG.split(b"\n")
        forward, backward = Stats(), Stats()
        for stats, parts in ((forward, lines), (backward, lines[::-1])):
            for part in parts:
                stats.merge(scanned(part))
        for render_as in (to_json, lambda each: to_text(each, "en")):
            self.assertEqual(render_as(Report(forward, ())), render_as(Report(backward, ())))


class TextTests(SynchronousTestCase):
    def test_the_lectures_words(self) -> None:
        """In Korean the report opens with what the lecture's programs print, for every client."""
        lines = to_text(report(SAMPLE_LOG.read_bytes()), "ko").splitlines()
        self.assertEqual(
            lines[:6],
            [
                "총 페이지뷰: [327]",
                "고유 방문자수: [99]",
                "총 서비스 용량: 29289KB",
                "사용자IP – 서비스용량",
                "[223.62.67.5] – [26540048]",
                "[223.62.67.194] – [2062270]",
            ],
        )
        self.assertEqual(lines[4 + 99 : 6 + 99], ["", "줄: 493 (정상 493, 복구 0, 무효 0)"])

    def test_english(self) -> None:
        """In English the figures come first, then what became of the lines, then every client."""
        lines = to_text(report(SAMPLE_LOG.read_bytes()), "en").splitlines()
        self.assertEqual(
            lines[:7],
            [
                "Page views: 327 (status 200)",
                "Visitors: 99 (distinct client addresses)",
                "Bytes sent: 29,992,323 (29,289 KB)",
                "Lines: 493 (ok 493, recovered 0, invalid 0)",
                "First: 2015-11-15T03:45:45+00:00",
                "Last: 2015-11-17T01:29:25+00:00",
                "Status 200: 327",
            ],
        )
        self.assertEqual(len(lines), 6 + 6 + 1 + 1 + 99)
        self.assertEqual(lines[14].split(), ["223.62.67.5", "167", "26,540,048"])

    def test_columns(self) -> None:
        """The table of clients is aligned; one long name puts only its own row out."""
        rows = [b'%s - - [t] "-" 200 %d' % row for row in ((b"a" * 60, 5), (b"bb", 100_000), (b"c" * 39, 1))]
        table = to_text(report(b"\n".join(rows)), "en").splitlines()[-4:]
        self.assertEqual([len(line) for line in table], [58, 58, 79, 58])

    def test_odd_lines(self) -> None:
        """Recovered and invalid lines are counted by kind, with samples by file and line number."""
        for language in ("en", "ko"):
            text = to_text(report(OK + b"\n\n" + START + b'"GET', DAMAGED), language)
            self.assertIn("\n  log:2: \n", text)
            self.assertIn('\n  log:3: 192.0.2.1 - - [15/Nov/2015:03:45:45 +0000] "GET\n', text)
            self.assertIn("log.gz: ", text)
            self.assertIn("(the gzip data is cut off)", text)
        self.assertIn(
            "Recovered lines, a byte-order mark before the line: 3\n", to_text(report(ODD_LOG), "en")
        )

    def test_what_files_were_taken_for(self) -> None:
        """Each file says what its lines were read as, and how sure that is: never 100 % unless all are."""
        for formats, lines, expected in (
            ({"combined": 2, "common": 1}, 4, "a: read as combined 50 %, common 25 % (4 lines)"),
            ({"json": 99_999}, 100_000, "a: read as json 99.99 % (100,000 lines)"),
            ({"json": 100_000}, 100_000, "a: read as json 100 % (100,000 lines)"),
            ({}, 0, "a: read as - (0 lines)"),
        ):
            source = Source("a", "plain", lines, lines, 0, 0, None, formats)
            self.assertEqual(read_as(source, WORDS["en"]), expected)
            self.assertIn(expected, to_text(Report(Stats(), (source,)), "en"))
        self.assertEqual(source.taken_for, (None, 0.0))

    def test_undated(self) -> None:
        """Lines whose time cannot be read are counted."""
        self.assertIn("\nLines whose time cannot be read: 1\n", to_text(report(b'c - - [?] "-" 200 5'), "en"))

    def test_no_escapes(self) -> None:
        """Nothing in a log moves a terminal's cursor or forges a line."""
        log = (
            b'\xc2\x9b31m\x7f - - [t] "-" 200 5\n\x1b]0;title\x07\xe2\x80\xae\x0b\r200 - -\n'
            b'x\xe2\x80\xa8[y] - - [t] "-" 200 5'
        )
        for language in ("en", "ko"):
            text = to_text(report(log), language)
            self.assertTrue(all(char.isprintable() or char == "\n" for char in text), ascii(text))
            self.assertNotIn("\u2028", text)

    def test_damaged(self) -> None:
        """The files that could only be read in part are named."""
        self.assertEqual(report(OK).damaged, ())
        self.assertEqual(Report(Stats(), (DAMAGED,)).damaged, (DAMAGED,))
