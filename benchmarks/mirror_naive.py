"""A mirror as a developer would write it: web3.py, its event decoder, and an ORM, a row at a time."""

from __future__ import annotations

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from web3 import HTTPProvider, Web3

from rwaledger.chain.contracts import ASSET_TOKEN


class _Base(DeclarativeBase):
    pass


class _Transfer(_Base):
    __tablename__ = "naive_transfers"
    id: Mapped[str] = mapped_column(primary_key=True)
    block_number: Mapped[int]
    sender: Mapped[str]
    recipient: Mapped[str]
    amount: Mapped[str]


class _Balance(_Base):
    __tablename__ = "naive_balances"
    account: Mapped[str] = mapped_column(primary_key=True)
    units: Mapped[str]


def naive_mirror(url: str, database_url: str, address: str, first: int, last: int) -> int:
    """Mirrors the transfers of these blocks: the event, and both balances that it changes. Gives their number."""
    engine = create_engine(database_url)
    _Base.metadata.create_all(engine)
    w3 = Web3(HTTPProvider(url))
    contract = w3.eth.contract(address=Web3.to_checksum_address(address), abi=ASSET_TOKEN.artifact.abi)
    count = 0
    with Session(engine) as session:
        for event in contract.events.Transfer().get_logs(from_block=first, to_block=last):
            sender, recipient, amount = event["args"]["from"], event["args"]["to"], event["args"]["value"]
            session.add(
                _Transfer(
                    id=f"{event['blockNumber']}-{event['logIndex']}",
                    block_number=event["blockNumber"],
                    sender=sender,
                    recipient=recipient,
                    amount=str(amount),
                )
            )
            for account, units in ((sender, -amount), (recipient, amount)):
                balance = session.get(_Balance, account) or _Balance(account=account, units="0")
                balance.units = str(int(balance.units) + units)
                session.add(balance)
            session.commit()
            count += 1
    return count
