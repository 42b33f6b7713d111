"""C14: a transaction of the office that the register does not have, or has otherwise, is found by its nonce."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.senders import read_sent
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.mined import transactions_from
from rwaledger.chain.sender import Outgoing, hash_of, mined_nonce, sign_with
from rwaledger.domain.reconciliation import Outcome
from rwaledger.registry import holders, tables, transactions
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus
from tests.audit.checks.deeds import found_in, named, off_book, roots, said, send, transfer
from tests.audit.seeding import account, edit, nonce_gap, office_key, token
from tests.played import Played

MISSING = [("C14", "MISSING_IN_REGISTER", "")]
ONLY = ("C14",)


def maker_rows(played: Played) -> list[StoredTransaction]:
    maker = office_key(played, "maker").address
    with played.database.read() as c:
        return transactions.transactions(c, sender=maker)


def test_every_nonce_of_the_story_is_accounted_for(played: Played) -> None:
    """Those who send for the office are operators; the checker only signs, and the parties' keys are their own."""
    with played.database.read() as c:
        rows = transactions.transactions(c)
        parties = set(holders.accounts(c, played.node.chain_id))
    (result,) = reconcile(played.database, played.node, checks=ONLY).results
    assert result.outcome is Outcome.PASS
    office = [row.sender for row in rows if row.sender not in parties]
    assert {office_key(played, name).address for name in ("admin", "maker", "attestor")} <= set(office)
    assert result.coverage == {"operators": len(set(office)), "nonces": len(office), "transactions": len(rows)}


def test_a_row_that_was_deleted_leaves_a_gap(played: Played) -> None:
    row = maker_rows(played)[7]
    nonce_gap(played)
    found = reconcile(played.database, played.node)
    (root,) = roots(found)
    assert named([root]) == MISSING
    assert root.account == office_key(played, "maker").address
    assert said(root) == ("chain", f"nonce 7, {row.tx_hash}", "register", "nothing")
    assert [each for each in found.breaks if each.check not in ("C14", "C20")] == []


@pytest.mark.parametrize("nonces", [(0,), (26, 27), tuple(range(28))], ids=["first", "last two", "all"])
def test_gaps_are_found_wherever_they_are(played: Played, nonces: tuple[int, ...]) -> None:
    rows = maker_rows(played)
    lost = [rows[nonce].tx_hash for nonce in nonces]
    with played.database.begin() as c:
        c.execute(delete(tables.transactions).where(tables.transactions.c.tx_hash.in_(lost)))
    found = roots(reconcile(played.database, played.node, checks=ONLY))
    assert [each.left.value for each in found] == [f"nonce {n}, {h}" for n, h in zip(nonces, lost, strict=True)]


def test_what_an_operator_sends_past_the_register_is_missed(played: Played) -> None:
    """A transfer of nothing, which the instrument refuses: reverted ones have a nonce too."""
    maker = office_key(played, "maker")
    call = Outgoing(token(played, "HKDS"), ASSET_TOKEN.encode("transfer", [account(played, "peak"), 0]))
    raw = send(played, maker, call)
    (root,) = roots(found_in(played))
    assert named([root]) == MISSING
    assert said(root) == ("chain", f"nonce 28, {hash_of(raw)}", "register", "nothing")


def test_what_an_investor_or_a_checker_sends_is_their_own_affair(played: Played) -> None:
    transfer(played, 4, "HKDS", account(played, "kowloon"), 1)
    call = Outgoing(token(played, "HKDS"), ASSET_TOKEN.encode("transfer", [account(played, "peak"), 0]))
    send(played, office_key(played, "checker"), call)
    assert found_in(played).breaks == ()


def test_a_transaction_that_was_priced_anew_is_two_rows_and_no_gap(played: Played) -> None:
    row = maker_rows(played)[7]
    replaced(played, row, TransactionStatus.REPLACED)
    assert reconcile(played.database, played.node, checks=ONLY).passed


def test_two_rows_of_one_nonce_were_not_both_mined(played: Played) -> None:
    row = maker_rows(played)[7]
    other = replaced(played, row, TransactionStatus.MINED)
    (root,) = roots(reconcile(played.database, played.node, checks=ONLY))
    assert named([root]) == [("C14", "MISSING_ON_CHAIN", "")]
    in_register = f"nonce 7 of {row.sender}, succeeded in block {row.block_number} {row.block_hash}, gas {row.gas_used}"
    assert said(root) == ("chain", "nothing", "register", in_register)
    assert other.tx_hash in root.summary


def replaced(played: Played, row: StoredTransaction, status: TransactionStatus) -> StoredTransaction:
    """Another transaction of the same nonce, signed by the maker as well."""
    maker = office_key(played, "maker")
    call = Outgoing(token(played, "HKDS"), "0x")
    (signed,) = sign_with(played.node, maker, [call], [100_000], [row.nonce])
    other = replace(row, tx_hash=signed.tx_hash, raw=signed.raw, status=status)
    with played.database.begin() as c:
        transactions.add_transactions(c, [other])
    return other


def test_a_reverted_transaction_needs_its_row_and_its_end(played: Played) -> None:
    maker = office_key(played, "maker")
    nonce = mined_nonce(played.node, maker.address)
    call = Outgoing(token(played, "HKDS"), ASSET_TOKEN.encode("transfer", [account(played, "peak"), 0]))
    raw = send(played, maker, call)
    receipt = played.node.request("eth_getTransactionReceipt", [hash_of(raw)])
    row = StoredTransaction(
        hash_of(raw),
        played.node.chain_id,
        maker.address,
        nonce,
        None,
        "a try",
        raw,
        TransactionStatus.REVERTED,
        int(receipt["blockNumber"], 16),
        receipt["blockHash"],
        int(receipt["gasUsed"], 16),
    )
    with played.database.begin() as c:
        transactions.add_transactions(c, [row])
    assert found_in(played).breaks == ()
    edit(played, "UPDATE transactions SET status = 'mined' WHERE tx_hash = ?", row.tx_hash)
    (root,) = roots(reconcile(played.database, played.node, checks=ONLY))
    assert named([root]) == [("C14", "TAMPER", "")]
    where = f"in block {row.block_number} {row.block_hash}, gas {row.gas_used}"
    signed = f"nonce {nonce} of {maker.address}"
    assert said(root) == ("chain", f"{signed}, reverted {where}", "register", f"{signed}, succeeded {where}")


def test_a_transaction_whose_end_nobody_wrote_down_is_stale(played: Played) -> None:
    row = maker_rows(played)[7]
    nowhere = "block_number = NULL, block_hash = NULL, gas_used = NULL"
    edit(played, f"UPDATE transactions SET status = 'sent', {nowhere} WHERE tx_hash = ?", row.tx_hash)
    (root,) = roots(reconcile(played.database, played.node, checks=ONLY))
    assert named([root]) == [("C14", "STALE_REFERENCE", "")]
    assert root.right.value == f"nonce 7 of {row.sender}, sent"


def test_each_transaction_is_for_the_instruction_that_it_carries_or_for_a_purpose(played: Played) -> None:
    first, second = maker_rows(played)[7:9]
    edit(played, "UPDATE transactions SET instruction_ref = ? WHERE tx_hash = ?", second.instruction_ref, first.tx_hash)
    edit(played, "UPDATE transactions SET purpose = ' ' WHERE purpose = 'deploy HKDS'")
    found = roots(reconcile(played.database, played.node, checks=ONLY))
    assert {(each.break_class.value, *said(each)) for each in found} == {
        (
            "TAMPER",
            "chain",
            f"instruction {first.instruction_ref}",
            "register",
            f"instruction {second.instruction_ref}",
        ),
        ("UNAUTHORISED", "chain", "a transaction", "register", "no purpose"),
    }


def test_what_an_instruction_carries_cannot_be_called_a_purpose(played: Played) -> None:
    row = maker_rows(played)[7]
    edit(played, "UPDATE transactions SET instruction_ref = NULL WHERE tx_hash = ?", row.tx_hash)
    (root,) = roots(reconcile(played.database, played.node, checks=ONLY))
    assert said(root) == ("chain", f"instruction {row.instruction_ref}", "register", "no instruction")


def test_a_deed_with_a_key_of_the_office_is_found_once(played: Played) -> None:
    """The admin announces a role for itself: of three findings the role is the root."""
    admin, t = office_key(played, "admin"), token(played, "GRN28")
    (role,) = ASSET_TOKEN.call(played.node, t, "ISSUER_ROLE", [])
    send(played, admin, Outgoing(t, ASSET_TOKEN.encode("scheduleRoleGrant", [role, admin.address])))
    found = found_in(played)
    (root,) = roots(found)
    assert root.check == "C15"
    assert [(each.check, each.account) for each in found.breaks if each.follows_from] == [("C14", admin.address)]


def test_the_control_book_is_no_operator(played: Played) -> None:
    """Whoever acts in its name, as with a stolen key, leaves no nonce of a key."""
    off_book(played, "HKDS", "pause")
    assert [each.check for each in found_in(played).breaks] == ["C15"]


def test_transactions_beyond_the_pinned_block_are_left_for_the_next_run(played: Played) -> None:
    rows = maker_rows(played)
    block = rows[20].block_number
    assert block is not None
    (result,) = reconcile(played.database, played.node, block=block, checks=ONLY).results
    assert result.outcome is Outcome.PASS
    with played.database.read() as c:
        beyond = len(transactions.transactions(c)) - result.coverage["transactions"]
    assert result.note == f"{beyond} transactions were mined beyond this block."


def test_what_a_key_sent_before_the_first_deployment_does_not_count(played: Played) -> None:
    """As if the contract that was deployed first were not this register's."""
    records = load(played.database, played.node)
    admin = office_key(played, "admin").address
    first = transactions_from(played.node, frozenset({admin}), 0, records.pin.block_number)
    _, nonce, tx_hash = next(iter(first))
    assert nonce == 0
    later = {each.contract.address: each.events for each in records.contracts if each.events[0].log.tx_hash != tx_hash}
    rows = [row for row in records.past.sent.rows if row.tx_hash != tx_hash]
    lanes = {lane.sender: lane for lane in read_sent(played.node, rows, later, records.pin).lanes}
    end = mined_nonce(played.node, admin)
    assert (lanes[admin].first, lanes[admin].end, lanes[admin].unrecorded) == (1, end, ())
