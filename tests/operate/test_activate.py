"""Activation: settled once, under four eyes; before it nothing can be issued."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain import state
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import local_node
from rwaledger.domain.errors import InputFileError
from rwaledger.domain.instruction import NO_ORDER
from rwaledger.domain.instrument import Particulars
from rwaledger.operate.activate import activation_plan
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.execute import Outcome, preview, run
from rwaledger.registry.database import Database
from tests.office import ADMIN, CHECKER, INSTRUMENTS, MAKER, Office, admit_holders, desk_of

FILING = "0x" + "f1" * 32


@pytest.fixture
def office(sqlite: Database, tmp_path: Path) -> Iterator[Office]:
    """Instruments that are deployed and not active."""
    with local_node(tmp_path / "node") as node:
        opened = Office(desk_of(sqlite, node), tmp_path)
        descriptions = read_descriptions(opened.write("instruments.toml", INSTRUMENTS))
        offices = Offices(dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), admin_delay_s=60)
        deploy(sqlite, node, dev_signer(node, ADMIN), descriptions, offices)
        yield opened


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    register = Database(f"sqlite:///{tmp_path / 'register.db'}")
    register.migrate()
    yield register
    register.close()


def activate(office: Office, text: str = INSTRUMENTS, key: str = "activate") -> Outcome:
    path = office.write("described.toml", text)
    return run(office.desk, activation_plan(path, read_descriptions(path), office.names(), key))


def settled(office: Office, instrument: str) -> Particulars | None:
    return state.particulars(office.node, office.instrument(instrument).address, "latest")


def test_what_the_file_says_is_settled_once(office: Office) -> None:
    assert settled(office, "HKDS") is None

    outcome = activate(office)
    again = activate(office)

    assert (outcome.lines_done, again.lines_done, again.lines_before) == (2, 0, 2)
    assert settled(office, "HKDS") == Particulars("", "", 344, NO_ORDER)
    assert settled(office, "GRN28") == Particulars("HK0000098761", "", 344, NO_ORDER)


def test_what_is_active_is_not_activated_again(office: Office) -> None:
    activate(office)
    with pytest.raises(InputFileError, match=r"described\.toml: the instrument is active already"):
        activate(office, key="again")


def test_a_guarded_country_needs_a_filing_and_each_instrument_has_its_own(office: Office) -> None:
    mainland = INSTRUMENTS.replace('domicile = "HK"', 'domicile = "CN"', 1)
    with pytest.raises(InputFileError, match="assets in that country need a filing"):
        activate(office, mainland, "unfiled")

    activate(office, mainland.replace('domicile = "CN"', f'domicile = "CN"\nfiling = "{FILING}"'))

    assert settled(office, "HKDS") == Particulars("", "", 156, FILING)
    assert settled(office, "GRN28") == Particulars("HK0000098761", "", 344, NO_ORDER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('id = "GRN28"', 'id = "GRN29"'), "GRN29 is not deployed here"),
        (('isin = "HK0000098761"\ndomicile = "HK"\n', ""), "GRN28 cannot be activated without its domicile"),
    ],
)
def test_what_cannot_be_activated_is_named_before_anything_is_sent(
    office: Office, change: tuple[str, str], message: str
) -> None:
    sent = office.sent_by_maker()
    with pytest.raises(InputFileError, match=message):
        activate(office, INSTRUMENTS.replace(*change))
    assert office.sent_by_maker() == sent


def test_a_preview_sends_nothing(office: Office) -> None:
    path = office.folder / "instruments.toml"
    outcome = preview(office.desk, activation_plan(path, read_descriptions(path), office.names(), "activate"))
    assert (outcome.lines_done, settled(office, "HKDS")) == (2, None)


def test_an_issue_before_it_says_what_to_do_first(office: Office) -> None:
    admit_holders(office, [office.instrument("HKDS")])
    with pytest.raises(InputFileError, match=r"code 2: instrument not active yet; run `rwaledger instrument activate`"):
        office.issue("HKDS,kowloon,1")
