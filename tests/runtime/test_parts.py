"""What of a program several processes may run."""

from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService, MultiService, Service
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.parts import divisible, one_process, parts


def leaf(**attributes: Any) -> Any:
    service: Any = Service()
    for name, value in attributes.items():
        setattr(service, name, value)
    return service


def above(*services: Any) -> Any:
    root: Any = MultiService()
    for service in services:
        service.setServiceParent(root)
    return root


class _Several(MultiService):
    """A program that can be divided."""

    def part(self, *, alone: bool) -> Sequence[IService]:
        return [each for each in self if bool(one_process(each)) == alone]

    def told(self, *, alone: bool) -> list[Any]:
        return []


class PartsTests(SynchronousTestCase):
    def test_the_reason_is_found_in_the_tree(self) -> None:
        """Wherever below it stands."""
        self.assertEqual(one_process(above(leaf(), above(leaf(one_process="it is alone")))), "it is alone")
        self.assertIn("does its work and ends", one_process(above(leaf(one_shot=True))))
        self.assertEqual(one_process(above(leaf())), "")

    def test_one_service(self) -> None:
        """Is run by all, or refused with its reason."""
        program = above(leaf())
        self.assertIsNone(divisible(program))
        self.assertEqual(parts(program), ([program], []))
        error = self.assertRaises(ConfigError, parts, above(leaf(one_process="it is alone")))
        self.assertEqual(str(error), "--workers: it is alone")

    def test_several(self) -> None:
        """Those that must stay in one process are set apart; when there are no others, it is refused."""
        several: Any = _Several()
        free, bound = leaf(), above(leaf(one_process="it is alone"))
        bound.setServiceParent(several)
        program = above(several)
        self.assertIs(divisible(program), several)
        self.assertRaises(ConfigError, parts, program)
        free.setServiceParent(several)
        self.assertEqual(parts(program), ([free], [bound]))
