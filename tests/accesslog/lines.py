"""Lines of logs for the tests, and how each is to be read."""

from hypothesis import strategies

from twisted_suite.accesslog.records import Reason, Repair

TIME = b"[15/Nov/2015:03:45:45 +0000]"
START = b"192.0.2.1 - - " + TIME + b" "
OK = START + b'"GET / HTTP/1.1" 200 6812'
COMBINED = START + b'"GET /a b HTTP/1.1" 404 12 "http://example.com/" "Agent \\"x\\" 1"'

OK_LINES = (
    OK,
    COMBINED,
    START + b'"-" 408 - "-" "-"',
    START + b'"" 400 0',
    START + b'"GET /\\"quoted\\" HTTP/1.1" 200 1',
    START + b'"GET /ends\\\\" 200 1',
    START + b'"\\x16\\x03\\x01" 400 226 "-" "-"',
    START + b'"GET /caf\xe9\x00\xff HTTP/1.0" 200 3 "-" "M\xe9"',
    START + b'"GET / HTTP/1.1" 200 007',
    START + b'"GET / HTTP/1.1" 200 98765432109876',
    START + b'"GET / HTTP/1.1" 200 5 "-" "never closed',
    START + b'"GET / HTTP/1.1" 200 5 0.123 anything "at" all',
    START + b'"GET /' + b"y" * 70_000 + b' HTTP/1.1" 200 5',
    b"2001:db8::1 - frank " + TIME + b' "GET / HTTP/1.1" 200 5',
    b"host.example.com - a user " + TIME + b' "GET / HTTP/1.1" 200 5',
    b'192.0.2.1 - "" ' + TIME + b' "GET / HTTP/1.1" 401 5',
    b'192.0.2.1 - a\\"b[1] ' + TIME + b' "GET / HTTP/1.1" 401 5',
    b'192.0.2.1 - - [] "GET / HTTP/1.1" 200 5',
    b'192.0.2.1 - - [when?] "GET / HTTP/1.1" 200 5',
)
RECOVERED_LINES = (
    (Repair.BYTE_ORDER_MARK, b"\xef\xbb\xbf" + OK),
    (Repair.WRAPPING_QUOTES, b'"' + OK + b'"'),
    (Repair.WRAPPING_QUOTES, b'"' + COMBINED + b'"'),
    (Repair.UNESCAPED_QUOTE, START + b'"GET /a"b HTTP/1.1" 200 5'),
    (Repair.UNESCAPED_QUOTE, START + b'"GET /a"b"\\"c HTTP/1.1" 200 5 "-" "-"'),
    (Repair.BYTE_ORDER_MARK, b"\xef\xbb\xbf" + b'"' + OK + b'"'),
    (Repair.BYTE_ORDER_MARK, b"\xef\xbb\xbf" + START + b'"GET /a"b HTTP/1.1" 200 5'),
    (Repair.WRAPPING_QUOTES, b'"' + START + b'"GET /a"b HTTP/1.1" 200 5' + b'"'),
)
INVALID_LINES = (
    (Reason.EMPTY, b""),
    (Reason.EMPTY, b" \t "),
    (Reason.EMPTY, b"\xef\xbb\xbf"),
    (Reason.EMPTY, b'""'),
    (Reason.TOO_LONG, START + b'"GET /' + b"y" * (1 << 20) + b' HTTP/1.1" 200 5'),
    (Reason.START, b"garbage"),
    (Reason.START, b'"'),
    (Reason.START, b'""""""'),
    (Reason.START, b"x" * 70_000),
    (Reason.START, b" - - " + TIME + b' "GET / HTTP/1.1" 200 5'),
    (Reason.START, b"192.0.2.1 - " + TIME + b' "GET / HTTP/1.1" 200 5'),
    (Reason.START, b"192.0.2.1\t- - " + TIME + b' "GET / HTTP/1.1" 200 5'),
    (Reason.START, b'\x1b[31m - - [t] "GET / HTTP/1.1" 200 5'),
    (Reason.START, b'192.0.2.1 - - 15/Nov/2015:03:45:45 +0000 "GET / HTTP/1.1" 200 5'),
    (Reason.START, b'\xef\xbb\xbf\xef\xbb\xbf192.0.2.1 - - [t] "GET / HTTP/1.1" 200 5'),
    (Reason.REQUEST, START + b'"GET /cut'),
    (Reason.REQUEST, START + b'"GET / HTTP/1.1\\" 200 5'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1"'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1" 2'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1" 2000 5'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1" abc 5'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1"200 5'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1" "200" 5'),
    (Reason.STATUS, START + b'"GET / HTTP/1.1" 200'),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 '),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 5x'),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 -5'),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 1,234'),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 "5"'),
    (Reason.SIZE, START + b'"GET / HTTP/1.1" 200 ' + b"9" * 5_000),
)

LATER = OK.replace(b"15/Nov/2015:03", b"16/Nov/2015:04")
EARLIER = OK.replace(b"+0000", b"+0900")

every_kind = [LATER, EARLIER]
every_kind += [line for line in OK_LINES if len(line) < 1_000]
every_kind += [line for _, line in RECOVERED_LINES]
every_kind += [line for _, line in INVALID_LINES if len(line) < 1_000]
# Whole lines of each kind, and arbitrary bytes made of what lines are made of.
some_line = strategies.one_of(
    strategies.sampled_from(every_kind),
    strategies.lists(
        strategies.sampled_from(
            [b"192.0.2.9", b" ", b"- - ", TIME, b' "', b"\\", b'"', b" 200 5", b"\xff", b"\r"]
        )
    ).map(b"".join),
    strategies.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")),
)
some_log = strategies.lists(some_line, max_size=12).map(b"\n".join)
