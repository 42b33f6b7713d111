"""What other systems cost, and what we mean to stay below.

The peers were measured on anvil 1.7.1 (prague, optimizer with 200 runs, the same wallets and amounts for each of them).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its head, and the row of gas.json that it shows."""

    title: str
    row: str


COLUMNS = (
    Column("register /100", "register_per_100"),
    Column("mint fresh", "mint_fresh"),
    Column("batch mint /100", "batch_mint_per_100"),
    Column("transfer fresh", "transfer_fresh"),
    Column("transfer warm", "transfer_warm"),
    Column("freeze part", "freeze_partial"),
    Column("forced", "forced_transfer"),
    Column("after record date", "transfer_after_record_date"),
    Column("DvP", "dvp"),
)

_ROWS = [column.row for column in COLUMNS[:7]]


def _peer(system: str, *figures: int | None, **more: int) -> tuple[str, dict[str, int]]:
    known = {row: figure for row, figure in zip(_ROWS, figures, strict=True) if figure is not None}
    return system, known | more


PEERS = (
    _peer("OpenZeppelin ERC20 5.7, no compliance", None, 53_510, 25_684, 51_555, 34_455, None, None),
    _peer("OpenZeppelin ERC20Votes", 48_353, 136_424, 77_862, 136_248, 104_733, None, None),
    _peer("T-REX 4.1.6, country + balance", 717_956, 317_606, 167_877, 341_602, 307_402, 63_546, 273_283),
    _peer("T-REX 4.1.6, two transactions, plain cash", *[None] * 7, dvp=476_000),
    _peer("CMTAT 3.1 allowlist", 26_300, 70_886, 32_479, 72_631, 55_531, 51_654, 47_832),
    _peer("CMTAT 3.1 with its snapshot engine", *[None] * 7, transfer_after_record_date=249_673),
    _peer("CMTAT 3.1 + RuleEngine + whitelist", 46_251, 94_665, 43_454, 87_973, 70_873, 51_699, 47_849),
    _peer("OpenZeppelin uRWA, allowlist", 24_959, 57_050, 28_955, 60_220, 43_120, 48_218, 45_613),
    _peer("Centrifuge v3 share", 65_115, 46_839, None, 43_810, 43_810, None, 45_067),
    _peer("DSToken v4 regulated", 661_720, 445_864, None, 451_488, 341_519, None, 149_404),
    _peer("Aktionariat Shares v6", 25_899, 42_447, None, 38_662, 38_662, None, None),
)

TARGETS = {
    "register_per_100": 26_500,
    "mint_fresh": 38_500,
    "batch_mint_per_100": 9_500,
    "transfer_fresh": 38_700,
    "transfer_warm": 38_500,
    "freeze_partial": 33_500,
    "forced_transfer": 43_000,
    "transfer_after_record_date": 83_000,
    "dvp": 115_000,
    "register_per_100_3_rules": 26_500,
    "mint_fresh_3_rules": 43_500,
    "batch_mint_per_100_3_rules": 10_500,
    "transfer_fresh_3_rules": 48_500,
    "transfer_warm_3_rules": 43_500,
    "freeze_partial_3_rules": 33_500,
    "forced_transfer_3_rules": 43_000,
}
"""Most gas a row may cost."""
