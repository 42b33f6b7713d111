"""Decode: give the logs of a span their names, and sort the events by instrument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rwaledger.chain.events import MOVE, MOVE_TOPIC, decode, decode_move
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.posting import Move
from rwaledger.mirror.fetch import Span
from rwaledger.mirror.identity import Mirrored

UNKNOWN = ""
"""Name under which a log of unknown topic is stored: kept, never dropped, so that an auditor finds it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The name of every log of a span, and the decoded events of each instrument in their order."""

    span: Span
    names: list[str] = field(default_factory=list)
    events: dict[str, list[ChainEvent | Move]] = field(default_factory=dict)

    @property
    def named_logs(self) -> Iterator[tuple[Log, str]]:
        """The logs, each with its name."""
        return zip(self.span.logs, self.names, strict=True)


def decode_span(span: Span, mirrored: Mirrored) -> Decoded:
    """The span's logs, decoded.

    Raises:
        MalformedLog: a log bears a known topic and does not fit it.
    """
    decoded = Decoded(span)
    for log in span.logs:
        instrument_id = mirrored.instrument_ids.get(log.address)
        if instrument_id is not None and log.topics[:1] == _MOVES:
            decoded.names.append(MOVE)
            decoded.events.setdefault(instrument_id, []).append(decode_move(log))
            continue
        event = decode(log)
        decoded.names.append(UNKNOWN if event is None else event.name)
        if event is not None and instrument_id is not None:
            decoded.events.setdefault(instrument_id, []).append(event)
    return decoded


_MOVES = (MOVE_TOPIC,)
