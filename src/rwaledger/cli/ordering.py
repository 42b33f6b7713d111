"""The order behind an enforcement: two options, its hash for the chain, its reference for the register."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import NO_ORDER

if TYPE_CHECKING:
    from rwaledger.cli.context import Context
    from rwaledger.operate.desk import Desk


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """An order as the command line gave it; `order_hash` is zero where none was given."""

    order_hash: str
    reference: str
    document: str

    @classmethod
    def of(cls, given: dict[str, Any], *, required: bool) -> GivenOrder:
        """Takes the two options out of all that a verb was given.

        Raises:
            UsageError: an order is needed and missing, is not wanted, or its document cannot be read.
        """
        path, reference = given.pop("order", None), given.pop("order_ref", None)
        if path is None:
            if required:
                raise UsageError("this needs the order behind it", "Give its document with --order FILE.")
            if reference is not None:
                raise UsageError("a reference without its order", "Give the document with --order FILE.")
            return cls(NO_ORDER, "", "")
        return cls(_sha256(path), reference or path.stem, path.name)

    def require_same(self, context: Context) -> None:
        """Raises where the register knows the document by another reference; before anything is asked or done.

        Raises:
            RegisterConflict: it does.
        """
        from rwaledger.registry import orders

        if self.order_hash != NO_ORDER:
            with context.database.read() as connection:
                orders.require_reference(connection, self.order_hash, self.reference, self.document)

    def enter(self, desk: Desk) -> None:
        """Writes the order into the register; nothing where there is none."""
        from rwaledger.registry import orders

        if self.order_hash != NO_ORDER:
            with desk.database.begin() as connection:
                orders.put_order(connection, self.order_hash, self.reference, self.document)


def order_options(*, hidden: bool = False) -> Callable[[Any], Any]:
    """Adds `--order` and `--order-ref` to a verb."""

    def decorate(command: Any) -> Any:
        reference = click.option(
            "--order-ref", hidden=hidden, help="Its reference, such as HCMP 88/2026.  [name of the document]"
        )
        document = click.option(
            "--order",
            type=click.Path(path_type=Path),
            hidden=hidden,
            help="The order behind it: the document, whose SHA-256 goes on the chain.",
        )
        return document(reference(command))

    return decorate


def _sha256(path: Path) -> str:
    try:
        return "0x" + hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"the order {path} cannot be read: {error.strerror}", "Correct --order.") from None
