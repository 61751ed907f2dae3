"""The reactor for ``--reactor=``. It only names a module, which loads when the reactor is chosen."""

from twisted.application.reactors import Reactor

fastepoll = Reactor(
    "fastepoll",
    "twisted_suite.runtime.reactor",
    "epoll(7) with less work for each event; Twisted's own where it does not fit.",
)
