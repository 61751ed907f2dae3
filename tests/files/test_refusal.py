"""Errors as answers."""

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import content, field
from twisted_suite.files.refusal import refusal


class RefusalTests(SynchronousTestCase):
    def test_a_line(self) -> None:
        """A program that prefers nothing gets a line of text."""
        plan = refusal(404, "not here", {b"accept": b"*/*"}, ((b"Allow", b"GET"),))
        self.assertEqual(content(plan), b"404 Not Found: not here\n")
        self.assertEqual((plan.status, field(plan, b"Allow")), (404, b"GET"))
        self.assertEqual(field(plan, b"Content-Length"), b"%d" % len(content(plan)))

    def test_json(self) -> None:
        """A program that asks for JSON gets it."""
        plan = refusal(404, 'not "here"', {b"accept": b"application/json"})
        self.assertEqual(
            json.loads(content(plan)), {"status": 404, "error": "Not Found", "detail": 'not "here"'}
        )
        self.assertEqual(field(plan, b"Content-Type"), b"application/json")

    def test_a_page(self) -> None:
        """A browser gets a page in its language, and nothing of it can be markup of somebody else."""
        plan = refusal(404, "<b>", {b"accept": b"text/html", b"accept-language": b"ko-KR,en;q=0.5"})
        page = content(plan).decode()
        self.assertIn('<html lang="ko">', page)
        self.assertIn("찾을 수 없습니다", page)
        self.assertIn("&lt;b&gt;", page)
        self.assertIn("Not Found", content(refusal(404, "", {b"accept": b"text/html"})).decode())
        self.assertEqual(field(plan, b"Content-Length"), b"%d" % len(content(plan)))
