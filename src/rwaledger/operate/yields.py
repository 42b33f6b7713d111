"""What may pay its holders: the question before every coupon and distribution."""

from __future__ import annotations

from rwaledger.domain.errors import NoYield
from rwaledger.domain.instrument import Instrument


def require_may_pay(instrument: Instrument) -> None:
    """Raises unless holders of the instrument may be paid for holding it.

    Raises:
        NoYield: it is a stablecoin.
    """
    if not instrument.may_pay_yield:
        raise NoYield(instrument.instrument_id, instrument.kind.value)
