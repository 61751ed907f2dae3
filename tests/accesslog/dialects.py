"""A line of every other format for the tests, as its own documentation shows it, and what it says."""

from twisted_suite.accesslog.records import Record

ISO = b"2018-07-02T22:23:00.186641Z"
W3C_FIELDS = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
    b" cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
)
W3C_LINE = (
    b"2019-12-04 21:02:31 10.0.0.1 GET /app/a.aspx id=1 443 - 192.0.2.7 Mozilla/5.0+(Windows) - 200 0 0 107"
)
CLOUDFRONT_FIELDS = (
    b"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    b" cs(User-Agent) cs-uri-query x-host-header time-taken ssl-protocol cs-protocol-version"
)
CLOUDFRONT_LINE = (
    b"2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.8\tGET\td111.cloudfront.net\t/index.html\t200\t-\t"
    b"Mozilla/5.0%20(Windows)\t-\twww.example.com\t0.001\tTLSv1.2\tHTTP/2.0"
)

LINES: tuple[tuple[bytes, Record], ...] = (
    (
        b'example.com:443 192.0.2.1 - bob [15/Nov/2015:03:45:45 +0000] "GET / HTTP/1.1" 200 5 "-" "Agent"',
        Record(
            b"192.0.2.1", b"15/Nov/2015:03:45:45 +0000", b"GET / HTTP/1.1", b"200", 5, "vhost-combined",
            b"bob", b"example.com:443", b"-", b"Agent",
        ),
    ),
    (
        b'2001:db8::1 www.example.com - [15/Nov/2015:03:45:45 +0000] "GET / HTTP/1.1" 200 5 "-" "Agent"',
        Record(
            b"2001:db8::1", b"15/Nov/2015:03:45:45 +0000", b"GET / HTTP/1.1", b"200", 5, "lighttpd",
            b"-", b"www.example.com", b"-", b"Agent",
        ),
    ),
    (
        b"h2 " + ISO + b" app/my-loadbalancer/50dc6c495c0c9188 192.0.2.2:2817 10.0.0.1:80 0.000 0.001 0.002"
        b' 200 200 34 366 "GET https://www.example.com:443/a?b=c HTTP/2.0" "curl/7.46.0"'
        b' ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x "Root=1-58337281" "-" "-" 0 -',
        Record(
            b"192.0.2.2", ISO, b"GET /a?b=c HTTP/2.0", b"200", 366, "alb",
            host=b"www.example.com:443", agent=b"curl/7.46.0", duration_us=3_000, tls=b"TLSv1.2",
        ),
    ),
    (
        ISO + b" my-loadbalancer 192.0.2.3:2817 - -1 -1 -1 503 0 0 0"
        b' "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
        Record(
            b"192.0.2.3", ISO, b"GET / HTTP/1.1", b"503", 0, "elb",
            host=b"www.example.com:80", agent=b"curl/7.38.0",
        ),
    ),
    (
        b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be mybucket"
        b" [06/Feb/2019:00:00:38 +0000] 192.0.2.4 arn:aws:iam::1:user/x 3E57EXAMPLE REST.GET.OBJECT a.txt"
        b' "GET /mybucket/a.txt HTTP/1.1" 200 - 113 4096 7 3 "-" "S3Console/0.4" - 9vKBE6vMhrNiW= SigV4'
        b" ECDHE-RSA-AES128-GCM-SHA256 AuthHeader mybucket.s3.amazonaws.com TLSv1.2 - -",
        Record(
            b"192.0.2.4", b"06/Feb/2019:00:00:38 +0000", b"GET /mybucket/a.txt HTTP/1.1", b"200", 113, "s3",
            b"arn:aws:iam::1:user/x", b"mybucket", b"-", b"S3Console/0.4", 7_000, b"TLSv1.2",
        ),
    ),
    (
        b"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in"
        b' static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"',
        Record(
            b"10.0.1.2", b"06/Feb/2009:12:14:14.655", b"GET /index.html HTTP/1.1", b"200", 2750, "haproxy",
            host=b"http-in", duration_us=109_000,
        ),
    ),
    (
        b"1066036250.603    310 192.0.2.129 TCP_MISS/304 265 GET http://www.example.com/a.gif -"
        b" DIRECT/192.0.2.200 image/gif",
        Record(
            b"192.0.2.129", b"1066036250.603", b"GET http://www.example.com/a.gif", b"304", 265, "squid",
            duration_us=310_000,
        ),
    ),
    (
        b'{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled","request":'
        b'{"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":"192.0.2.5","proto":"HTTP/2.0",'
        b'"method":"GET","host":"localhost","uri":"/","headers":{"User-Agent":["curl/7.82.0"]},'
        b'"tls":{"version":772}},"user_id":"","duration":0.000929675,"size":10900,"status":200}',
        Record(
            b"192.0.2.5", b"1646861401.5241024", b"GET / HTTP/2.0", b"200", 10_900, "caddy",
            host=b"localhost", agent=b"curl/7.82.0", duration_us=929, tls=b"TLSv1.3",
        ),
    ),
    (
        b'{"ClientHost":"192.0.2.6","ClientUsername":"-","DownstreamContentSize":14,"DownstreamStatus":404,'
        b'"Duration":1500000,"RequestHost":"example.com","RequestMethod":"GET","RequestPath":"/x",'
        b'"RequestProtocol":"HTTP/1.1","StartUTC":"2021-03-09T12:29:00.1Z","request_User-Agent":"M"}',
        Record(
            b"192.0.2.6", b"2021-03-09T12:29:00.1Z", b"GET /x HTTP/1.1", b"404", 14, "traefik",
            host=b"example.com", agent=b"M", duration_us=1_500,
        ),
    ),
    (
        b'{"ClientIP":"192.0.2.7","ClientRequestHost":"example.com","ClientRequestMethod":"GET",'
        b'"ClientRequestURI":"/y?z=1","ClientRequestProtocol":"HTTP/2","EdgeResponseBytes":69045,'
        b'"EdgeResponseStatus":200,"EdgeStartTimestamp":1506702504461999900,"ClientRequestUserAgent":"M"}',
        Record(
            b"192.0.2.7", b"1506702504461999900", b"GET /y?z=1 HTTP/2", b"200", 69_045, "cloudflare",
            host=b"example.com", agent=b"M",
        ),
    ),
    (
        b'{"time_local":"15/Nov/2015:03:45:45 +0000","remote_addr":"192.0.2.8","remote_user":"",'
        b'"request":"GET / HTTP/1.1","status":"200","body_bytes_sent":"0","request_time":"0.005",'
        b'"http_referrer":"http://a/","http_user_agent":"M"}',
        Record(
            b"192.0.2.8", b"15/Nov/2015:03:45:45 +0000", b"GET / HTTP/1.1", b"200", 0, "json",
            referrer=b"http://a/", agent=b"M", duration_us=5_000,
        ),
    ),
)  # fmt: skip
W3C_RECORD = Record(
    b"192.0.2.7", b"2019-12-04 21:02:31", b"GET /app/a.aspx?id=1", b"200", 0, "w3c",
    agent=b"Mozilla/5.0 (Windows)", duration_us=107_000,
)  # fmt: skip
CLOUDFRONT_RECORD = Record(
    b"192.0.2.8", b"2019-12-04 21:02:31", b"GET /index.html HTTP/2.0", b"200", 392, "cloudfront",
    host=b"www.example.com", agent=b"Mozilla/5.0 (Windows)", duration_us=1_000, tls=b"TLSv1.2",
)  # fmt: skip
