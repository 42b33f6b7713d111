"""Holds an XML message against the model of its ISO 20022 schema: places, counts, patterns and limits.

The schemas themselves may not be shipped here. `python-iso20022` (MIT) has them as dataclasses that xsdata generated
from the XSDs of the ISO 20022 catalogue: each field is an element with its name, in the order of the schema, with what
is mandatory, how often it may occur, and the facets of its text. What they lack is which elements exclude each other.
"""

from __future__ import annotations

import dataclasses
import re
import typing
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from xsdata.models.datatype import XmlDate, XmlDateTime


def faults(root: ET.Element, model: type[Any]) -> list[str]:
    """What is wrong with a message; empty where it is as its schema says."""
    namespace = model.Meta.namespace
    if root.tag != f"{{{namespace}}}Document":
        return [f"{root.tag} is no Document of {namespace}"]
    return list(_element(root, model, namespace, "Document"))


def _element(element: ET.Element, model: Any, namespace: str, path: str) -> Iterator[str]:
    hints = typing.get_type_hints(model)
    fields = {_name(field): field for field in dataclasses.fields(model)}
    tags = [child.tag.removeprefix(f"{{{namespace}}}") for child in element]
    yield from (f"{path}: there is no {tag} here" for tag in tags if tag not in fields)
    known = [tag for tag in tags if tag in fields]
    order = list(fields)
    if known != sorted(known, key=order.index):
        yield f"{path}: {', '.join(known)} is not the order of the schema"
    for name, field in fields.items():
        most = field.metadata.get("max_occurs", 1 if not _is_list(hints[field.name]) else None)
        least = field.metadata.get("min_occurs", int(bool(field.metadata.get("required"))))
        count = known.count(name)
        if count < least or (most is not None and count > most):
            yield f"{path}: {count} of {name}, not {least} to {most}"
    for child, tag in zip(element, tags, strict=True):
        if tag in fields:
            yield from _child(child, fields[tag], hints[fields[tag].name], namespace, f"{path}/{tag}")


def _child(element: ET.Element, field: Any, hint: Any, namespace: str, path: str) -> Iterator[str]:
    of = next(each for each in (typing.get_args(hint) or (hint,)) if each is not type(None))
    if dataclasses.is_dataclass(of) and "value" not in {each.name for each in dataclasses.fields(of)}:
        yield from _element(element, of, namespace, path)
    else:
        yield from (f"{path}: {element.text!r} {wrong}" for wrong in _text(element.text or "", field.metadata, of))


def _text(text: str, facets: typing.Mapping[str, Any], of: Any) -> Iterator[str]:
    if len(text) > facets.get("max_length", len(text)) or len(text) < facets.get("min_length", 0):
        yield "is too long or too short"
    if "pattern" in facets and not re.fullmatch(facets["pattern"], text):
        yield f"is not like {facets['pattern']}"
    if isinstance(of, type) and issubclass(of, Enum) and text not in {member.value for member in of}:
        yield "is not in the list"
    if of is bool and text not in ("true", "false"):
        yield "is neither true nor false"
    if of is Decimal:
        yield from _decimal(text, facets)
    if of in (XmlDateTime, XmlDate):
        datetime.fromisoformat(text)


def _decimal(text: str, facets: typing.Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        yield "is no decimal number"
        return
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = len(whole.lstrip("0")) + len(fraction.rstrip("0"))
    if digits > facets["total_digits"] or len(fraction.rstrip("0")) > facets["fraction_digits"]:
        yield "has too many digits"


def _name(field: Any) -> str:
    return str(field.metadata.get("name", field.name))


def _is_list(hint: Any) -> bool:
    return typing.get_origin(hint) is list
