"""Which letters can be printed on paper, and with which fonts.

typst brings Libertinus and matplotlib DejaVu, which has all that Libertinus has. Letters beyond DejaVu, such as
Chinese, are looked for in the fonts of the machine. What no font has is printed as its number, and the page says so:
a blank box would make two names alike.
"""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from rwaledger.report.values import code_point, visible

SHIPPED = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
_PLACEHOLDERS = "Last Resort"
"""Fonts of that name have a picture of a class of letters for each, and no letter."""


class Glyphs:
    """Makes text printable, and remembers what could not be."""

    def __init__(self, typst: Any, folder: Path) -> None:
        """`folder` takes the fonts for as long as they are used."""
        self._typst = typst
        self._folder = folder
        self._missing: set[str] = set()
        for name in SHIPPED:
            shutil.copy(_shipped_folder() / name, folder / name)

    def printable(self, text: str) -> str:
        """The text with nothing hidden in it, and with letters that no font has by their numbers."""
        text = visible(text)
        if text.isascii():
            return text
        return "".join(letter if self._has(letter) else self._numbered(letter) for letter in text)

    def printable_svg(self, svg: str) -> str:
        """The same for a picture, whose markup is ASCII."""
        if svg.isascii():
            return svg
        return "".join(x if x.isascii() or self._has(x) else self._numbered(x) for x in svg)

    def fonts(self) -> Any:
        """The fonts to set the page with: the machine's own only where they are needed."""
        is_needed = "_system" in self.__dict__ and bool(self._system)
        return self._typst.Fonts(include_system_fonts=is_needed, font_paths=[str(self._folder)])

    def note(self) -> list[str]:
        """A word to the reader where a letter could not be printed."""
        if not self._missing:
            return []
        return [
            "A letter that no font of this machine has is printed as its Unicode number, such as "
            f"{min(self._missing)}. With a font that has it, such as Noto Sans CJK for Chinese, it is printed as it is."
        ]

    def _has(self, letter: str) -> bool:
        return ord(letter) in self._own or ord(letter) in self._system

    def _numbered(self, letter: str) -> str:
        self._missing.add(code_point(letter))
        return code_point(letter)

    @cached_property
    def _own(self) -> set[int]:
        from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - it is slow to load

        return set(FT2Font(self._folder / SHIPPED[0]).get_charmap())

    @cached_property
    def _system(self) -> set[int]:
        """Letters in the fonts of the machine."""
        from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - it is slow to load

        found: set[int] = set()
        for font in self._typst.Fonts(include_system_fonts=True).fonts():
            if font.path and _PLACEHOLDERS not in font.family:
                found |= set(FT2Font(font.path, face_index=font.index).get_charmap())
        return found


def _shipped_folder() -> Path:
    import matplotlib  # noqa: PLC0415 - it is slow to load

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"
