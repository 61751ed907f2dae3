"""HTML as a tree of strings."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.markup import Markup, joined, tag


class MarkupTests(SynchronousTestCase):
    @given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF)))
    def test_values_stay_values(self, text: str) -> None:
        """Whatever a log says comes back as text, in an element and in an attribute."""
        element = ElementTree.fromstring(tag("p", text, class_=text))
        self.assertEqual((element.text or "", element.get("class"), len(element)), (text, text, 0))

    def test_elements(self) -> None:
        """Elements within elements are kept, names of attributes are HTML's."""
        self.assertEqual(tag("a", tag("b", "&"), "<", aria_label=1), '<a aria-label="1"><b>&amp;</b>&lt;</a>')
        self.assertEqual(joined(Markup("<i>"), "<"), "<i>&lt;")

    def test_elements_without_content(self) -> None:
        """What HTML never closes is not closed; an attribute may have the name of our own parameter."""
        self.assertEqual(tag("input", name="q"), '<input name="q">')
