"""The checks, one module each: `ID`, `TITLE`, `PURPOSE` and `run(records) -> CheckResult`. A new module is found."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Sequence
from functools import cache
from typing import Protocol, cast

from rwaledger.audit.records import Records
from rwaledger.domain.errors import UnknownName
from rwaledger.domain.reconciliation import CheckResult

_MODULE = re.compile(r"c\d\d_\w+")


class Check(Protocol):
    """One check. `PURPOSE` is its sentence for readers; `run` looks only at the records that it is given."""

    ID: str
    TITLE: str
    PURPOSE: str

    def run(self, records: Records) -> CheckResult:
        """What the check finds in the records."""


@cache
def discover() -> tuple[Check, ...]:
    """All checks, in the order of their ids."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if _MODULE.fullmatch(module.name)]
    found = [cast(Check, importlib.import_module(f"{__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda check: check.ID))


def select(ids: Sequence[str] | None) -> tuple[Check, ...]:
    """The checks asked for, or all of them where none are named.

    Raises:
        UnknownName: there is no check of that id.
    """
    known = {check.ID: check for check in discover()}
    for wanted in ids or ():
        if wanted not in known:
            raise UnknownName("check", wanted, f"Those there are: {', '.join(known)}.")
    return tuple(check for check in known.values() if not ids or check.ID in ids)
