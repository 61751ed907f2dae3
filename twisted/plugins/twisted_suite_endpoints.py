"""The endpoint ``inherit:N``, for every Twisted program."""

from twisted_suite.runtime.inherited import InheritedParser

inherit = InheritedParser()
