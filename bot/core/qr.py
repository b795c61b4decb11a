"""QR codes of links (ISO/IEC 18004): byte mode, versions 1 to 6, error correction M, as PNG."""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

MOST_BYTES = 106
_SCALE, _QUIET = 8, 4  # pixels a module, modules of white around it (section 6.3.8)
_FIELD = 0x11D  # the polynomial of GF(256), section 7.5.2
_FORMAT_GENERATOR, _FORMAT_MASK = 0x537, 0x5412  # annex C
_PADDING = (0xEC, 0x11)
_SIDE_LESS_FINDER = 7
# By version, table 9, level M: codewords of correction a block, blocks, data codewords a block.
_BLOCKS = {
    1: (10, 1, 16),
    2: (16, 1, 28),
    3: (26, 1, 44),
    4: (18, 2, 32),
    5: (24, 2, 43),
    6: (16, 4, 27),
}
_MASKS: Sequence[Callable[[int, int], int]] = (  # table 10: where it is 0, a module is turned
    lambda row, column: (row + column) % 2,
    lambda row, _: row % 2,
    lambda _, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)
_FINDER_LIKE = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))

Matrix = list[list[int]]


def qr_png(text: str) -> bytes:
    """A black and white PNG that phones read as `text`.

    Raises:
        ValueError: more than 106 bytes of UTF-8.
    """
    return _png(qr_matrix(text))


def qr_matrix(text: str, mask: int | None = None) -> Matrix:
    """The modules, row by row, 1 for dark; `mask` is chosen by the standard's rules by default."""
    data = text.encode()
    version = _version(len(data))
    bits = _interleaved(_codewords(data, version), version)
    drawn = [_drawn(version, bits, each) for each in (range(8) if mask is None else (mask,))]
    return min(drawn, key=_penalty)


def _version(size: int) -> int:
    for version, (_, blocks, length) in _BLOCKS.items():
        if size + 2 <= blocks * length:  # the mode and the count take 12 bits, the end 4
            return version
    raise ValueError(f"{size} bytes are too many for a QR code of ours")


def _codewords(data: bytes, version: int) -> bytes:
    """Mode, count, data, end and padding."""
    _, blocks, length = _BLOCKS[version]
    bits = f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    words = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
    words += [_PADDING[i % 2] for i in range(blocks * length - len(words))]
    return bytes(words)


def _interleaved(words: bytes, version: int) -> Sequence[int]:
    """Bits of all blocks' codewords by turns, data first, then correction."""
    correction, count, length = _BLOCKS[version]
    blocks = [words[i * length : (i + 1) * length] for i in range(count)]
    corrections = [_correction(block, correction) for block in blocks]
    ordered = [block[i] for i in range(length) for block in blocks]
    ordered += [each[i] for i in range(correction) for each in corrections]
    return [word >> bit & 1 for word in ordered for bit in range(7, -1, -1)]


def _correction(block: bytes, degree: int) -> bytes:
    """The remainder of the block divided by the Reed-Solomon generator of this degree."""
    generator = [1]
    for power in range(degree):
        shifted = [*generator, 0]
        root = [0, *(_times(each, _power(power)) for each in generator)]
        generator = [a ^ b for a, b in zip(shifted, root, strict=True)]
    rest = [*block, *bytes(degree)]
    for start in range(len(block)):
        factor = rest[start]
        for offset, each in enumerate(generator):
            rest[start + offset] ^= _times(each, factor)
    return bytes(rest[len(block) :])


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (_FIELD if a & 0x80 else 0)
        b >>= 1
    return product


@cache
def _power(exponent: int) -> int:
    return 1 if exponent == 0 else _times(_power(exponent - 1), 2)


def _drawn(version: int, bits: Sequence[int], mask: int) -> Matrix:
    side = 17 + 4 * version
    matrix = [[0] * side for _ in range(side)]
    fixed = _fixed(version)
    for (row, column), dark in fixed.items():
        matrix[row][column] = dark
    waiting = iter(bits)
    for row, column in _way(side):
        if (row, column) not in fixed:
            is_flipped = _MASKS[mask](row, column) == 0
            matrix[row][column] = next(waiting, 0) ^ is_flipped
    _write_format(matrix, mask)
    return matrix


def _way(side: int) -> Iterator[tuple[int, int]]:
    """Modules in the order data is laid: two columns at a time, up and down, from the right."""
    is_up = True
    for right in [*range(side - 1, 6, -2), 5, 3, 1]:
        for row in range(side - 1, -1, -1) if is_up else range(side):
            yield row, right
            yield row, right - 1
        is_up = not is_up


def _fixed(version: int) -> dict[tuple[int, int], int]:
    """Finders with their borders, timing, alignment; what the format will take is 0."""
    side = 17 + 4 * version
    fixed = {(8, i): 0 for i in (*range(9), *range(side - 8, side))}
    fixed |= {(column, row): dark for (row, column), dark in fixed.items()}
    fixed |= {(6, i): 1 - i % 2 for i in range(side)} | {(i, 6): 1 - i % 2 for i in range(side)}
    for top, left in ((0, 0), (0, side - _SIDE_LESS_FINDER), (side - _SIDE_LESS_FINDER, 0)):
        fixed |= _square(top + 3, left + 3, 4, side, light=(2, 4))
    if version > 1:
        centre = side - _SIDE_LESS_FINDER
        fixed |= _square(centre, centre, 2, side, light=(1,))
    fixed[side - 8, 8] = 1
    return fixed


def _square(
    row: int, column: int, reach: int, side: int, light: Sequence[int]
) -> dict[tuple[int, int], int]:
    """Rings around a module, dark but for those at a distance in `light`."""
    around = range(-reach, reach + 1)
    return {
        (row + down, column + across): int(max(abs(down), abs(across)) not in light)
        for down in around
        for across in around
        if 0 <= row + down < side and 0 <= column + across < side
    }


def _write_format(matrix: Matrix, mask: int) -> None:
    """Level M is 00, so the five bits are the mask; twice, as figure 25 places them."""
    rest = mask << 10
    for bit in range(4, -1, -1):
        if rest >> bit + 10 & 1:
            rest ^= _FORMAT_GENERATOR << bit
    code, side = (mask << 10 | rest) ^ _FORMAT_MASK, len(matrix)
    ways = ((0, 1, 2, 3, 4, 5, 7, 8), (7, 5, 4, 3, 2, 1, 0))
    for bit in range(15):
        dark = code >> bit & 1
        if bit < 8:
            matrix[ways[0][bit]][8] = matrix[8][side - 1 - bit] = dark
        else:
            matrix[8][ways[1][bit - 8]] = matrix[side - 15 + bit][8] = dark


def _penalty(matrix: Matrix) -> int:
    """Section 7.8.3: long runs, blocks, what looks like a finder, too much of one colour."""
    lines = [*matrix, *(list(column) for column in zip(*matrix, strict=True))]
    runs = sum(length - 2 for line in lines for length in _runs(line) if length >= 5)
    blocks = sum(
        3
        for upper, lower in pairwise(matrix)
        for above, below in zip(pairwise(upper), pairwise(lower), strict=True)
        if len({*above, *below}) == 1
    )
    finders = sum(
        40
        for line in lines
        for start in range(len(line) - 10)
        if tuple(line[start : start + 11]) in _FINDER_LIKE
    )
    share = sum(map(sum, matrix)) * 100 / len(matrix) ** 2
    return runs + blocks + finders + int(abs(share - 50) / 5) * 10


def _runs(line: Sequence[int]) -> Iterator[int]:
    length = 1
    for before, after in pairwise(line):
        if before == after:
            length += 1
        else:
            yield length
            length = 1
    yield length


def _png(matrix: Matrix) -> bytes:
    side = (len(matrix) + 2 * _QUIET) * _SCALE
    margin = [0] * _QUIET
    padded = [*[[0] * len(matrix)] * _QUIET, *matrix, *[[0] * len(matrix)] * _QUIET]
    pixels = b""
    for row in padded:
        shades = (bytes([255 * (1 - dark)]) for dark in [*margin, *row, *margin])
        pixels += (b"\0" + b"".join(shade * _SCALE for shade in shades)) * _SCALE
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
