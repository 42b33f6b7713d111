"""The world of the audit's tests, to be reported on."""

from tests.audit.conftest import built_world, world

__all__ = ["built_world", "world"]
