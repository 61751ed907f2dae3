"""Who may do what over HTTP: reading is for everybody or for accounts, uploading for accounts. Adapter.

It stands before `site` and `inbox`, and asks `runtime.accounts`. A browser keeps what was typed and sends it
with every request (RFC 7617), so a right answer is remembered for a minute.
"""

from collections.abc import Callable
from http import HTTPStatus

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress

from twisted_suite.files.inbox import Inbox
from twisted_suite.files.message import Request
from twisted_suite.files.plan import Fields, Plan
from twisted_suite.files.receiving import Intake
from twisted_suite.files.refusal import refusal
from twisted_suite.files.site import Site
from twisted_suite.runtime.accounts.login import Accounts, Cause, LoginRefused
from twisted_suite.runtime.accounts.web import basic_credentials

Whence = Callable[[], IAddress]
Answer = Plan | Deferred[Plan] | Deferred[Plan | Intake]

_CHALLENGE: Fields = ((b"WWW-Authenticate", b'Basic realm="twisted_suite", charset="UTF-8"'),)


class Door:
    """Answers requests for those who may ask."""

    def __init__(
        self, site: Site, accounts: Accounts | None, inbox: Inbox | None, *, is_private: bool = False
    ) -> None:
        self._site = site
        self._accounts = accounts
        self._inbox = inbox
        self._is_private = is_private

    def answer(self, request: Request, whence: Whence) -> Answer:
        """The plan for `request`, or who takes its body."""
        if self._inbox is not None and (request.method == "PUT" or "upload" in request.query):
            return Deferred.fromCoroutine(self._upload(request, whence, self._inbox))
        if self._is_private:
            return Deferred.fromCoroutine(self._read(request, whence))
        return self._site.answer(request)

    async def _upload(self, request: Request, whence: Whence, inbox: Inbox) -> Plan | Intake:
        account = await self._account(request, whence)
        if isinstance(account, Plan):
            return account
        if request.method == "PUT":
            return await inbox.take(request, account)
        return await inbox.progress(request, account)

    async def _read(self, request: Request, whence: Whence) -> Plan:
        account = await self._account(request, whence)
        if isinstance(account, Plan):
            return account
        found = self._site.answer(request)
        return found if isinstance(found, Plan) else await found

    async def _account(self, request: Request, whence: Whence) -> str | Plan:
        """The account that asks, or the answer that it may not."""
        credentials = basic_credentials(request.fields.get(b"authorization"))
        if credentials is None or self._accounts is None:
            return refusal(HTTPStatus.UNAUTHORIZED, "log in to do this", request.fields, _CHALLENGE)
        try:
            return await self._accounts.authenticate(credentials, whence(), remember=True)
        except LoginRefused as refused:
            return _refused(refused, request)


def _refused(refused: LoginRefused, request: Request) -> Plan:
    if refused.cause is Cause.WRONG:
        return refusal(HTTPStatus.UNAUTHORIZED, str(refused), request.fields, _CHALLENGE)
    if refused.cause is Cause.BROKEN:
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, str(refused), request.fields)
    later = ((b"Retry-After", b"%d" % round(refused.wait_s)),)
    return refusal(HTTPStatus.TOO_MANY_REQUESTS, str(refused), request.fields, later)
