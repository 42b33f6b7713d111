"""How nodes refuse, in their own words: each as HTTP status, code and message.

Taken from the sources of the nodes, and from what users of the endpoints that sell access to them have reported.
FIRST and SECOND stand for the first block that was asked for and the one behind it, in hex.
"""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """One way to say no."""

    who: str
    status: int
    code: int
    message: str


LIMITS = (
    Refusal(
        "Alchemy: size", 200, -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the "
        "response size, or you can request any block range with a cap of 10K logs in the response. Based on your "
        "parameters and the response size limit, this block range should work: [FIRST, SECOND]",
    ),
    Refusal(
        "Alchemy: plan", 400, -32600,
        "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on your "
        "parameters, this block range should work: [FIRST, SECOND]. Upgrade to PAYG for expanded block range.",
    ),
    Refusal(
        "Alchemy: time", 400, -32000,
        "Query timeout exceeded. Consider reducing your block range. Based on your parameters and the response size "
        "limit, this block range should work: [FIRST, SECOND]",
    ),
    Refusal(
        "Infura", 200, -32005,
        "query returned more than 10000 results. Try with this block range [FIRST, SECOND].",
    ),
    Refusal("QuickNode", 413, -32614, "eth_getLogs is limited to a 10,000 range"),
    Refusal("Ankr", 200, -32600, "block range is too wide"),
    Refusal("Chainstack", 403, -32000, "Block range limit exceeded. See more details at https://docs.chainstack.com"),
    Refusal(
        "Cloudflare", 200, -32047,
        "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800",
    ),
    Refusal("geth", 200, -32602, "exceed maximum block range: 50000"),
    Refusal("reth: results", 200, -32602, "query exceeds max results 20000, retry with the range FIRST-SECOND"),
    Refusal("reth: blocks", 200, -32602, "query exceeds max block range 100000"),
    Refusal("Besu", 200, -32005, "Requested range exceeds maximum RPC range limit"),
    Refusal("Nethermind", 200, -32005, "Too many logs requested. Max logs per response is 20000."),
    Refusal("Nitro", 200, -32000, "logs matched by query exceeds limit of 10000"),
    Refusal("coreth", 200, -32000, "requested too many blocks from 0 to 5000000, maximum is set to 2048"),
    Refusal("proxyd", 200, -32020, "backend response too large"),
    Refusal("proxyd: range", 200, -32000, "block range greater than 10000 max"),
    Refusal("Coinbase", 200, -32602, "please limit the query to at most 1000 blocks"),
    Refusal("thirdweb", 200, -32602, "Maximum allowed number of requested blocks is 3500"),
    Refusal("Blast", 200, -32602, "exceeds the range allowed for your plan (10000 > 3000)"),
    Refusal("Harmony", 200, -32000, "query must be smaller than size 1024"),
    Refusal("BNB", 200, -32005, "limit exceeded"),
    Refusal("time", 200, -32000, "query timed out"),
    Refusal("deadline", 200, -32002, "context deadline exceeded"),
    Refusal("answer", 200, -32062, "response is too big"),
)  # fmt: skip

BUSY = (
    Refusal(
        "Alchemy", 429, 429,
        "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely "
        "ignore this message.",
    ),
    Refusal("Alchemy: in a batch", 200, 429, "Your app has exceeded its concurrent requests capacity."),
    Refusal("Infura: day", 429, -32005, "daily request count exceeded, request rate limited"),
    Refusal("Infura: second", 429, -32005, "project ID request rate exceeded"),
    Refusal(
        "QuickNode", 429, -32007,
        "50/second request limit reached - reduce calls per second or upgrade your account at quicknode.com",
    ),
    Refusal("proxyd", 429, -32016, "over rate limit"),
    Refusal("Ankr", 200, -32090, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
    Refusal(
        "Chainstack", 200, -32005,
        "You've exceeded the RPS limit available on the current plan. Learn more: https://docs.chainstack.com",
    ),
    Refusal("BNB", 200, -32005, "method eth_getLogs in batch triggered rate limit"),
    Refusal("quota", 200, -32005, "daily quota"),
    Refusal("full", 503, -32000, "server is too busy, try again later"),
)  # fmt: skip

PASSING = (
    Refusal("geth: header", 200, -32000, "header not found"),
    Refusal("geth: state", 200, -32000, "missing trie node 6e23 (path ) state 0x6e23 is not available"),
    Refusal("Erigon", 200, -32000, "block not found: 17"),
    Refusal(
        "OpenEthereum", 200, -32000,
        "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found.",
    ),
    Refusal("geth: order", 200, -32000, "invalid block range params"),
    Refusal("proxyd", 503, -32011, "no backend is currently healthy to serve traffic"),
    Refusal("inside", 500, -32603, "Internal error"),
)  # fmt: skip
"""What goes away by itself, or with another of the nodes behind the address."""

FINAL = (
    Refusal("geth", 200, -32601, "the method eth_getLogs does not exist/is not available"),
    Refusal("gateway", 403, -32601, "method not allowed on this plan"),
)
"""What stays, and has to be said at once."""

NO_NODE = (
    Refusal("reverted", 200, 3, "execution reverted: rate limit exceeded"),
    Refusal("funds", 200, -32000, "insufficient funds for gas * price + value: address 0x1 have 0 want 1"),
    Refusal("nonce", 200, -32000, "nonce too low: next nonce 5, tx nonce 4"),
    Refusal("fees", 200, -32000, "max fee per gas less than block base fee"),
)
"""What a node says of a transaction, and no reason to wait."""
