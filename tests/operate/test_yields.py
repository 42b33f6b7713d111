"""A stablecoin pays no yield; bonds and funds may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.errors import NoYield
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.operate.yields import require_may_pay
from tests.registry.samples import GRN28, HKDS


def test_the_holders_of_a_stablecoin_are_paid_nothing_for_holding_it() -> None:
    with pytest.raises(NoYield, match="HKDS is a stablecoin, whose holders may be paid no interest") as caught:
        require_may_pay(HKDS)
    assert caught.value.exit_code == 1
    require_may_pay(GRN28)
    require_may_pay(replace(HKDS, kind=InstrumentKind.FUND))
