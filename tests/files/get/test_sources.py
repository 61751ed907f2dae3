"""What words on the command line mean, and names from a server."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.sources import (
    RECORD_SUFFIX,
    Addressed,
    Named,
    addressed,
    fallback_name,
    is_url,
    offered_name,
    part_name,
    redirected,
    source,
    unnamed_part,
)

SERVER = "tcp:localhost:9009"


class SourceTests(SynchronousTestCase):
    def test_names(self) -> None:
        """A name is asked of the server, and is called here by its last part."""
        self.assertEqual(source("sub/a.txt", SERVER), Named("sub/a.txt", SERVER, "a.txt"))

    def test_urls(self) -> None:
        """A URL is sent in ASCII, and its last part is decoded for the name here."""
        for text, url, local in (
            ("http://h/a.txt", "http://h/a.txt", "a.txt"),
            ("HTTPS://h:8443/한글.bin", "https://h:8443/%ED%95%9C%EA%B8%80.bin", "한글.bin"),
            ("http://h/a b%20c", "http://h/a%20b%20c", "a b c"),
            ("http://[::1]:80/x", "http://[::1]:80/x", "x"),
            ("http://한글.kr/x#part", "http://xn--bj0bj06e.kr/x", "x"),
            ("http://h", "http://h/", None),
            ("http://h/dir/", "http://h/dir/", None),
            ("http://h/dir?zip", "http://h/dir?zip", None),
        ):
            self.assertEqual(source(text, SERVER), Addressed(url, None, local))

    def test_names_below_a_url(self) -> None:
        """Where the server is an HTTP URL, names are below it, taken letter by letter."""
        self.assertEqual(
            source("sub/a?#%.txt", "http://h:8010/"),
            Addressed("http://h:8010/sub/a%3F%23%25.txt", None, "a?#%.txt"),
        )

    def test_accounts(self) -> None:
        """Name and password are sent in a header, and stand in no URL."""
        file = addressed("http://kim:p%40ss@h/a")
        self.assertEqual(file, Addressed("http://h/a", "Basic a2ltOnBAc3M=", "a"))

    def test_impossible(self) -> None:
        """What can be no file here, or no address, is a mistake of usage that names it."""
        for text in (
            *(
                "",
                "..",
                "sub/..",
                "/",
                "a\0b",
                "n" * 2000,
                "http://",
                "http:///x",
                "http://h:99999/x",
                "http://[/x",
            ),
            *(
                "http://h/a%2Fb",
                "http://h/a%00b",
                "http://h/..",
                "http://h/" + "n" * 9000,
                "http://h/" + "n" * 256,
            ),
        ):
            with self.assertRaises(ConfigError) as caught:
                source(text, SERVER)
            self.assertEqual(caught.exception.status, ExitStatus.USAGE, text)
            self.assertIn(text[:20], str(caught.exception).encode().decode("unicode_escape"))

    @given(st.text(max_size=40))
    def test_anything(self, text: str) -> None:
        """Any word is a source with a safe name, or a mistake of usage."""
        for words in (text, f"http://{text}", f"http://h/{text}"):
            try:
                file = source(words, SERVER)
            except ConfigError:
                continue
            self.assertNotIn("/", file.local or "")
            self.assertNotIn(file.local, ("", ".", ".."))
            if isinstance(file, Addressed):
                self.assertTrue(is_url(file.url) and file.url.isascii() and file.url.isprintable())


class RedirectTests(SynchronousTestCase):
    def test_the_account_stays_with_its_server(self) -> None:
        """Within the server it goes along, to another it does not."""
        file = addressed("https://u:p@h/x/y.bin")
        for location, url, account in (
            ("/z", "https://h/z", file.account),
            ("z?q", "https://h/x/z?q", file.account),
            ("한글", "https://h/x/%ED%95%9C%EA%B8%80", file.account),
            ("https://h:443/z", "https://h:443/z", file.account),
            ("https://h:444/z", "https://h:444/z", None),
            ("//other/z", "https://other/z", None),
            ("https://v:q@other/z", "https://other/z", None),
        ):
            self.assertEqual(redirected(file, location), Addressed(url, account, "y.bin"))

    def test_not_followed(self) -> None:
        """To no less safe address, and to none that is not HTTP's."""
        file = addressed("https://h/y.bin")
        for location in (
            "http://h/y.bin",
            "file:///etc/passwd",
            "ftp://h/y",
            "https://[",
            "x" * 9000,
        ):
            with self.assertRaises(ConfigError) as caught:
                redirected(file, location)
            self.assertEqual(caught.exception.status, ExitStatus.DATA)


class NameTests(SynchronousTestCase):
    def test_what_a_server_offers(self) -> None:
        """Only the last part counts, it hides nothing, and filename* is preferred (RFC 6266)."""
        for disposition, name in (
            ('attachment; filename="x.bin"', "x.bin"),
            ("attachment; filename*=UTF-8''%ED%95%9C.zip; filename=x.zip", "한.zip"),
            ("attachment; filename=x.zip; filename*=UTF-8''%ED%95%9C.zip", "한.zip"),
            ('attachment; filename="../../.bashrc"', "bashrc"),
            ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
            ('attachment; filename="a\\\\b.exe"', "b.exe"),
            ("inline", None),
            ("", None),
            ('attachment; filename="\x1b[2J"', None),
            (f'attachment; filename="{"n" * 256}"', None),
        ):
            self.assertEqual(offered_name(disposition), name, disposition)

    @given(st.text(max_size=60))
    def test_any_offer(self, text: str) -> None:
        """Whatever a server offers is a name in this folder, or nothing."""
        for disposition in (text, f'attachment; filename="{text}"', f"attachment; filename*=UTF-8''{text}"):
            name = offered_name(disposition)
            self.assertTrue(
                name is None or ("/" not in name and not name.startswith(".") and name.isprintable())
            )

    def test_without_a_name(self) -> None:
        """The path, or the host, gives one."""
        for url, name in (
            ("http://h/", "h"),
            ("http://h/photos/?zip", "photos"),
            ("http://h/a.iso?token=x", "a.iso"),
            ("http://h/%2E%2E%2F/", "_"),
        ):
            self.assertEqual(fallback_name(url), name)
        self.assertNotEqual(unnamed_part("http://h/d/?zip"), unnamed_part("http://h/d/?tar"))

    @given(
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=255)
    )
    def test_parts_fit(self, name: str) -> None:
        """The names of parts and records are never too long, and differ with the name."""
        part = part_name(name, RECORD_SUFFIX)
        self.assertLessEqual(len(part.encode("utf-8", "surrogateescape")), 255)
        self.assertTrue(part.endswith(RECORD_SUFFIX))
        self.assertNotEqual(part, part_name(name + "x", RECORD_SUFFIX))
