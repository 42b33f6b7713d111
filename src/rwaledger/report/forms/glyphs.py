"""Which letters can be printed on paper, and with which fonts.

typst brings Libertinus and matplotlib DejaVu, which has all that Libertinus has. Chinese, Japanese and Korean letters
are those of Noto Sans CJK, which comes with the extra `cjk` of the package (SIL Open Font License 1.1; 20 MB, which is
why it is an extra). Any other letter is looked for in the fonts of the machine. What no font has is printed as its
number, and the page says so, and what to install: a blank box would make two names alike.
"""

from __future__ import annotations

import shutil
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rwaledger.report.values import code_point, visible

SHIPPED = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
FAMILIES = ("Libertinus Serif", "DejaVu Sans")
CJK_FAMILY = "Noto Sans CJK HK"
"""Of the shapes that letters have in different places, those of Hong Kong."""

_CJK_PACKAGE = "manimgx_fonts_cjk"
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

    def fonts(self) -> Any:
        """The fonts to set the page with: those beyond its own only where they are needed."""
        paths = [str(self._folder), *([str(self._cjk_file.parent)] if self._cjk_file and self._needs("_cjk") else [])]
        return self._typst.Fonts(include_system_fonts=self._needs("_system"), font_paths=paths)

    def families(self) -> list[str]:
        """Their names, in the order in which a letter is looked for."""
        return [*FAMILIES, *([CJK_FAMILY] if self._needs("_cjk") else [])]

    def note(self) -> list[str]:
        """A word to the reader where a letter could not be printed."""
        if not self._missing:
            return []
        advice = "" if self._cjk else "; Chinese, Japanese and Korean with `pip install 'rwaledger[cjk]'`"
        return [
            f"No font was found here for {len(self._missing):,} of the letters, which are printed as their Unicode "
            f"numbers, such as {min(self._missing)}. With a font on this machine that has them, such as one of Noto, "
            f"they are printed as they are{advice}."
        ]

    def _has(self, letter: str) -> bool:
        return ord(letter) in self._own or ord(letter) in self._cjk or ord(letter) in self._system

    def _needs(self, which: str) -> bool:
        """Whether letters were looked for in these fonts, and there are such fonts."""
        return bool(self.__dict__.get(which))

    def _numbered(self, letter: str) -> str:
        self._missing.add(code_point(letter))
        return code_point(letter)

    @cached_property
    def _own(self) -> set[int]:
        from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - it is slow to load

        return set(FT2Font(self._folder / SHIPPED[0]).get_charmap())

    @cached_property
    def _cjk_file(self) -> Path | None:
        """The font of the extra `cjk`, where it is installed."""
        package = find_spec(_CJK_PACKAGE)
        folders = package.submodule_search_locations if package else None
        return next((path for folder in folders or () for path in sorted(Path(folder).glob("*.ttc"))), None)

    @cached_property
    def _cjk(self) -> set[int]:
        from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - it is slow to load

        return set(FT2Font(self._cjk_file).get_charmap()) if self._cjk_file else set()

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
