"""The contracts beside the instruments: deployed once, entered, mirrored, and held to what was released."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain import state
from rwaledger.chain.contracts import RESERVE_ATTESTOR, SETTLEMENT
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import local_node, mine
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.cli.main import run
from rwaledger.domain.errors import UnknownName, UsageError
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.operate import deploy as operate
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.registry import instruments, positions, transactions
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import ContractKind, contract_of
from tests.office import ADMIN, CHECKER, INSTRUMENTS, MAKER, Office

ATTESTOR = "dev:9"
OFFICES = operate.Offices(
    dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), 60, attestors=(dev_address(ATTESTOR),)
)
OWN = INSTRUMENTS.replace('kind = "stablecoin"', 'kind = "stablecoin"\nreserve_attestor = "own"')
# LOG1 of no data under a topic of ones, then stop.
EMITTER = "0x7f" + "11" * 32 + "60006000a100"


def address_of(office: Office, kind: ContractKind) -> str:
    with office.database.read() as connection:
        return contract_of(connection, office.node.chain_id, kind).address


def test_the_settlement_is_deployed_with_the_instruments_and_licensed_by_their_control_book(office: Office) -> None:
    settlement = address_of(office, ContractKind.SETTLEMENT)
    licensor = SETTLEMENT.call(office.node, settlement, "LICENSOR_ROLE", [])[0].hex()
    book = office.instrument().control_book

    (held,) = SETTLEMENT.call(office.node, settlement, "hasRole", ["0x" + licensor, book])

    assert held
    assert address_of(office, ContractKind.CONTROL_BOOK) == book
    with pytest.raises(UnknownName, match="reserve attestor on chain"):
        address_of(office, ContractKind.RESERVE_ATTESTOR)


def test_what_is_deployed_is_recorded_before_it_is_sent(office: Office) -> None:
    with office.database.read() as connection:
        sent = transactions.transactions(connection, sender=dev_address(ADMIN))
    assert [(each.purpose, each.status.value) for each in sent] == [
        (f"deploy {name}", "mined") for name in ("control book", "HKDS", "GRN28", "settlement")
    ]


def test_an_own_attestor_is_deployed_first_and_stands_in_the_terms(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    described = read_descriptions(path)
    with local_node(tmp_path / "node") as node:
        admin = dev_signer(node, ADMIN)
        with pytest.raises(UsageError, match="nobody is named to attest"):
            operate.deploy(database, node, admin, described, replace(OFFICES, attestors=()))
        assert node.head() == 0

        hkds, grn28 = operate.deploy(database, node, admin, described, OFFICES)
        again = operate.deploy(database, node, admin, described, OFFICES)

        with database.read() as connection:
            attestor = contract_of(connection, node.chain_id, ContractKind.RESERVE_ATTESTOR).address
            kinds = [each.kind.value for each in instruments.contracts(connection, node.chain_id)]
        assert [each.created for each in again] == [False, False]
        assert sorted(kinds) == ["asset_token", "asset_token", "control_book", "reserve_attestor", "settlement"]
        assert attestor == operate.planned_reserve_attestor(OFFICES)
        (role,) = RESERVE_ATTESTOR.call(node, attestor, "ATTESTOR_ROLE", [])
        who = ["0x" + role.hex(), dev_address(ATTESTOR)]
        assert RESERVE_ATTESTOR.call(node, attestor, "hasRole", who) == (True,)
        assert state.reserve(node, hkds.instrument.address, "latest") == Reserve(0, 0)
        assert state.reserve(node, grn28.instrument.address, "latest") is None

        mine(node, 2)
        sync(database, node, Finality.parse("finalized"))
        found = reconcile(database, node)
        assert found.passed, found.breaks
        with database.read() as connection:
            names = [name for name, _ in positions.events(connection, node.chain_id, attestor, None)]
        assert names == ["RoleGranted", "RoleGranted"]


def test_its_events_are_mirrored_by_name_and_an_unknown_one_is_a_finding(office: Office) -> None:
    settlement = address_of(office, ContractKind.SETTLEMENT)
    code = office.node.code(settlement)
    office.node.request("anvil_setCode", [settlement, EMITTER])
    send_and_wait(office.node, dev_signer(office.node, "dev:9"), Outgoing(settlement, "0x"))
    office.node.request("anvil_setCode", [settlement, code])
    office.settle_and_sync()

    found = reconcile(office.database, office.node)

    with office.database.read() as connection:
        names = [name for name, _ in positions.events(connection, office.node.chain_id, settlement, None)]
    assert names == ["RoleGranted", "RoleGranted", ""]
    assert [(each.check, each.account) for each in found.breaks] == [("C12", settlement)]


@pytest.mark.parametrize("change", ["code", "immutable"])
def test_a_settlement_with_other_code_is_a_finding(office: Office, change: str) -> None:
    sync(office.database, office.node, Finality.parse("latest"))
    settlement = address_of(office, ContractKind.SETTLEMENT)
    code = office.node.code(settlement)
    (place,) = [each for each in SETTLEMENT.artifact.immutable_references if each.name == "_hashedName"]
    at = 2 + 2 * place.start
    other = code + "00" if change == "code" else code[:at] + "ab" * 32 + code[at + 64 :]
    office.node.request("anvil_setCode", [settlement, other])

    # The mirror would stop at such a code; the audit goes on and names it.
    found = reconcile(office.database, office.node, checks=["C16"])

    assert [(each.check, each.account) for each in found.breaks] == [("C16", settlement)]
    words = "is not that released" if change == "code" else "was made with other values: 0xabab"
    assert words in found.breaks[0].summary


def test_two_of_a_kind_are_not_chosen_from_by_chance(office: Office) -> None:
    with office.database.begin() as connection:
        (known,) = [c for c in instruments.contracts(connection) if c.kind is ContractKind.SETTLEMENT]
        instruments.add_contract(connection, replace(known, address="0x" + "55" * 20))
    with pytest.raises(UnknownName, match="There are 2"):
        address_of(office, ContractKind.SETTLEMENT)


def test_an_instrument_without_the_word_own_keeps_its_terms(office: Office) -> None:
    """The office's instruments were deployed by offices without an attestor, and are found with one."""
    described = read_descriptions(office.folder / "instruments.toml")
    assert {each.reserve_attestor for each in described} == {ISSUANCE_ACCOUNT}
    assert operate.planned_instrument(described[0], OFFICES) == office.instrument().address


def test_the_command_names_the_attestor_and_doctor_counts_all_contracts(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(office.folder)
    settings = {
        "RPC_URL": office.node.url, "DATABASE_URL": "sqlite:///other.db", "ADMIN": ADMIN, "MAKER": MAKER,
        "CHECKER": CHECKER, "FINALITY": "latest",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    office.write("own.toml", OWN)
    assert run(["instrument", "deploy", "own.toml", "--yes"]) == 4
    assert "no keystore 'attestor'" in capsys.readouterr().err
    monkeypatch.setenv("RWALEDGER_ATTESTOR", ATTESTOR)

    assert run(["instrument", "deploy", "own.toml", "--yes"]) == 0
    shown = capsys.readouterr().err
    assert run(["register", "sync"]) == 0
    assert run(["doctor"]) == 0

    assert "  reserve attestor 0x" in shown
    assert ": attestor dev:9\n" in shown
    assert "  settlement 0x" in shown
    assert "5 with the code they were deployed with" in capsys.readouterr().out
