#!/usr/bin/env python3
"""Writes the tables of display_width.cc, display_width_{zero,wide}.inc, beside this file.

Zero: combining marks and format characters (categories Mn, Me, Cf) and the Hangul vowels and
finals that join the syllable before them. Wide: East Asian Width W and F.
"""
import pathlib
import sys
import unicodedata


def zero(char):
    return unicodedata.category(char) in ("Mn", "Me", "Cf") or 0x1160 <= ord(char) <= 0x11FF


def wide(char):
    assigned = unicodedata.category(char) != "Cn"
    return assigned and not zero(char) and unicodedata.east_asian_width(char) in ("W", "F")


def ranges(belongs):
    first = None
    for code_point in range(0x300, sys.maxunicode + 2):
        inside = code_point <= sys.maxunicode and belongs(chr(code_point))
        if inside and first is None:
            first = code_point
        elif not inside and first is not None:
            yield first, code_point - 1
            first = None


for name, belongs in (("zero", zero), ("wide", wide)):
    items = [f"{{0x{first:X}, 0x{last:X}}}," for first, last in ranges(belongs)]
    lines = [f"// Unicode {unicodedata.unidata_version}; written by display_width_tables.py."]
    for item in items:
        if len(lines) == 1 or len(lines[-1]) + 1 + len(item) > 100:
            lines.append(item)
        else:
            lines[-1] += " " + item
    path = pathlib.Path(__file__).with_name(f"display_width_{name}.inc")
    path.write_text("\n".join(lines) + "\n")
