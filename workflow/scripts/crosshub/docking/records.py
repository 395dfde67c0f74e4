"""The atoms of a PDB file as its lines tell them, each at a place of its own."""

import gzip
import string
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rdkit import Chem

from crosshub.errors import DataError

AMINO_ACIDS = frozenset(
    [
        *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE"),
        *("LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"),
        *("ASH", "CYM", "CYX", "GLH", "HID", "HIE", "HIP", "LYN", "PTR", "SEP", "TPO"),
    ]
)
_MODIFIED = {"HSD", "HSE", "HSP", "MSE"}
WATER = {"HOH", "DOD", "WAT", "TIP", "TIP3"}
_LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_ELEMENTS = {Chem.GetPeriodicTable().GetElementSymbol(i).upper() for i in range(1, 119)}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Atom:
    """An atom: its name, element and position (Å)."""

    name: str
    element: str
    position: tuple[float, float, float]


@dataclass(frozen=True)
class Record:
    """A line of an atom.

    Attributes
    ----------
    place
        Chain, number and insertion code of its residue.
    residue
        Name of the residue.
    hetero
        Whether it is a HETATM line: no standard part of a polymer.
    alternate
        Letter of the alternate position; empty without any.
    occupancy
        0 to 1.
    atom
        See `Atom`.
    line
        Its number in the file, from 1.
    """

    place: tuple[str, int, str]
    residue: str
    hetero: bool
    alternate: str
    occupancy: float
    atom: Atom
    line: int


def read_records(path: str | Path) -> list[Record]:
    """Read the atoms of the first model of a PDB file, plain or compressed (gzip).

    A chain ends at TER. Chains without a letter get one: a new one where a number of an earlier
    chain occurs again.

    Raises
    ------
    DataError
        If the file cannot be read, is no PDB file, has a damaged line, or an atom twice.
    """
    text = _text(path)
    if not text.strip():
        raise DataError(f"{path}: is empty; give a PDB file")
    if text.lstrip().startswith("data_"):
        raise DataError(f"{path}: is mmCIF; give the structure in the PDB format")
    records = _with_letters(path, _chains(path, text))
    seen: set[tuple[object, ...]] = set()
    names: dict[tuple[str, int, str], str] = {}
    kept = []
    for record in records:
        key = (record.place, record.residue, record.atom.name, record.alternate)
        name = names.setdefault(record.place, record.residue)
        twice = key in seen
        # Two residues share a place as alternatives of each other.
        apart = record.residue == name or record.alternate
        if apart and not twice:
            kept.append(record)
        # Numbers of waters start anew after 9999.
        elif record.residue not in WATER:
            chain, number, insertion = record.place
            what = f"{record.atom.name} of {record.residue} {chain}:{number}{insertion}"
            wrong = f"{what} occurs twice" if twice else f"{what} stands where {name} does"
            raise DataError(
                f"{path} line {record.line}: {wrong}; give each chain its own letter, or end it "
                "with TER"
            )
        seen.add(key)
    return kept


def _text(path: str | Path) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: is damaged ({error}); get the file anew") from error
    return content.decode("utf-8", errors="replace")


def _chains(path: str | Path, text: str) -> Iterator[list[Record]]:
    """Yield the atoms from one TER to the next, of the first model."""
    chain: list[Record] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("ENDMDL"):
            break
        if line[:6].rstrip() == "TER":
            yield chain
            chain = []
        elif line.startswith(("ATOM  ", "HETATM")):
            chain.append(_record(path, number, line))
    yield chain


def _record(path: str | Path, number: int, line: str) -> Record:
    try:
        position = (float(line[30:38]), float(line[38:46]), float(line[46:54]))
        place = (line[21].strip(), int(line[22:26]), line[26:27].strip())
        occupancy = float(line[54:60].strip() or 1)
    except (ValueError, IndexError) as error:
        raise DataError(
            f"{path} line {number}: is no atom of a PDB file ({line[:54].rstrip()}); get the "
            "file anew"
        ) from error
    residue = line[17:20].strip()
    element = line[76:78].strip().upper() or _element(line[12:16], residue)
    # Deuterium of neutron structures is hydrogen to a docking.
    atom = Atom(line[12:16].strip(), "H" if element == "D" else element, position)
    hetero = line.startswith("HETATM")
    return Record(place, residue, hetero, line[16:17].strip(), occupancy, atom, number)


def _element(name: str, residue: str) -> str:
    """Return the element of the four columns of an atom's name, the first two of which are it."""
    letters = name.strip().lstrip(string.digits)
    if residue in AMINO_ACIDS | _MODIFIED:
        return "SE" if residue == "MSE" and letters == "SE" else letters[:1]
    both = name[:2].strip()
    # Names of hydrogens can fill all four columns: HG21 is no mercury.
    if len(both) == 2 and both in _ELEMENTS and (both[0] != "H" or both == residue):
        return both
    return letters[:1]


def _with_letters(path: str | Path, chains: Iterator[list[Record]]) -> list[Record]:
    """Give chains without a letter one; as few as keep residues of one number apart."""
    parts = list(chains)
    taken = {record.place[0] for part in parts for record in part}
    free = iter([letter for letter in _LETTERS if letter not in taken])
    used: set[tuple[int, str]] = set()
    letter, found = next(free, ""), []
    for part in parts:
        own = {r.place[1:] for r in part if not r.place[0] and r.residue not in WATER}
        if own & used:
            letter, used = next(free, ""), set()
        if own and not letter:
            raise DataError(f"{path}: has more chains than letters; name its chains")
        used |= own
        for record in part:
            chain = record.place[0] or letter
            found.append(replace(record, place=(chain, *record.place[1:])))
    return found
