"""Decode: give the logs of a span their names, and sort the events by instrument."""

from __future__ import annotations

from dataclasses import dataclass, field

from rwaledger.chain.events import decode
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.mirror.fetch import Span
from rwaledger.mirror.identity import Mirrored

UNKNOWN = ""
"""Name under which a log of unknown topic is stored: kept, never dropped, so that an auditor finds it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Every log of a span with its name, and the decoded events of each instrument in their order."""

    span: Span
    named_logs: list[tuple[Log, str]] = field(default_factory=list)
    events: dict[str, list[ChainEvent]] = field(default_factory=dict)


def decode_span(span: Span, mirrored: Mirrored) -> Decoded:
    """The span's logs, decoded.

    Raises:
        MalformedLog: a log bears a known topic and does not fit it.
    """
    decoded = Decoded(span)
    for log in span.logs:
        event = decode(log)
        decoded.named_logs.append((log, UNKNOWN if event is None else event.name))
        instrument_id = mirrored.instrument_ids.get(log.address)
        if event is not None and instrument_id is not None:
            decoded.events.setdefault(instrument_id, []).append(event)
    return decoded
