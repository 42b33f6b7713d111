"""Account words by the lens: the same as by the token's view, and by the view wherever the lens cannot be believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rwaledger.chain import state
from rwaledger.chain.lens import WORDS_MAX, lens_code, mapped_words
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import accounts_slot
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, Token, deploy_token
from tests.mirror.proxy import Proxy

STRANGERS = [f"0x{number:040x}" for number in range(1, 2 * WORDS_MAX)]
ACCOUNTS = [A, *STRANGERS, B]
BY_LENS = 3
"""Parameters of a call that overrides state."""


@pytest.fixture(scope="module")
def token() -> Iterator[Token]:
    """Units on two accounts, one of them frozen in part."""
    with anvil() as node:
        deployed = deploy_token(node)
        deployed.admit(A, B)
        deployed.send("batchMint", [A, B], [100, 2**96 - 101])
        deployed.send("freezePartialTokens", B, 7)
        yield deployed


@pytest.fixture
def proxy(token: Token) -> Iterator[Proxy]:
    with Proxy(token.node) as found:
        yield found


def view(node: Node, token: Token) -> list[int]:
    return state.words_by_view(node, token.address, ACCOUNTS, node.head())


def lens(node: Node, token: Token) -> list[int] | None:
    return state.words_by_lens(node, token.address, ACCOUNTS, node.head())


def test_the_lens_reads_what_the_view_says(token: Token) -> None:
    words = lens(token.node, token)
    assert words == view(token.node, token)
    assert words is not None
    assert [words[0] % 2**96, words[-1] % 2**96] == [100, 2**96 - 101]
    assert not any(words[1:-1])
    told = state.account_words(token.node, token.address, ACCOUNTS, token.node.head())
    assert (told[B].balance_units, told[B].standing.frozen_units) == (2**96 - 101, 7)
    assert told[STRANGERS[0]] == state.AccountWord(0, told[STRANGERS[0]].standing)


def test_it_reads_an_earlier_block(token: Token) -> None:
    before = token.node.head()
    earlier = view(token.node, token)
    token.send("transfer", B, 1, sender=A)
    assert state.words_by_lens(token.node, token.address, ACCOUNTS, before) == earlier
    assert lens(token.node, token) == view(token.node, token) != earlier


def test_few_accounts_and_a_moving_block_are_left_to_the_view(token: Token) -> None:
    head = token.node.head()
    assert state.words_by_lens(token.node, token.address, ACCOUNTS[:WORDS_MAX], head) is None
    assert state.words_by_lens(token.node, token.address, ACCOUNTS, "latest") is None


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda _node, _params: None, id="null"),
        pytest.param(lambda _node, _params: "0x", id="nothing"),
        pytest.param(lambda _node, _params: "0x" + "00" * 32 * WORDS_MAX, id="zeros"),
        pytest.param(lambda _node, _params: "0x" + "zz" * 32 * WORDS_MAX, id="no hex"),
        pytest.param(lambda node, params: node.request("eth_call", params[:2]), id="overrides that it leaves out"),
    ],
)
def test_where_a_node_has_no_lens_the_view_is_asked(token: Token, proxy: Proxy, lie: Any) -> None:
    def answer(params: list[Any]) -> Any:
        return lie(token.node, params) if len(params) == BY_LENS else token.node.request("eth_call", params)

    proxy.answer("eth_call", answer)
    assert lens(proxy.node, token) is None
    head = token.node.head()
    expected = state.account_words(token.node, token.address, ACCOUNTS, head)
    assert state.account_words(proxy.node, token.address, ACCOUNTS, head) == expected


def test_where_the_view_says_something_else_the_lens_is_not_believed(token: Token, proxy: Proxy) -> None:
    """As with a token whose mapping lies at another slot."""

    def answer(params: list[Any]) -> Any:
        if len(params) == BY_LENS:
            params[2][token.address] = {"code": lens_code(accounts_slot() + 1)}
        return token.node.request("eth_call", params)

    proxy.answer("eth_call", answer)
    assert lens(proxy.node, token) is None


def test_a_slot_that_the_lens_cannot_hold_is_refused(token: Token) -> None:
    with pytest.raises(ValueError, match="one byte for the slot"):
        mapped_words(token.node, token.address, 256, ACCOUNTS, 1)
