"""Reading the tables of units: compare, form each row's pattern, look it up, add."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

ROW_BLOCK = 512
"""Rows that meet one tree together: answers, patterns and the units' tables stay in the nearest caches."""
LANES = 8
"""Rows per vector step; ROW_BLOCK is a multiple."""
FLUSH_TREES = 8
"""Trees added up in float32 before float64 takes over."""


@intrinsic  # type: ignore[misc, unused-ignore]
def _add_entries(typing: Any, patterns: Any, table: Any, first: Any, second: Any) -> Any:
    """For LANES rows: look up each row's pattern in a table of float32 pairs, and add the halves to two outputs.

    The four arguments are addresses: of LANES pattern bytes, of the table, of LANES sums of each output. Written out as
    vector code because the compiler does not vectorise a lookup of pairs by itself; nothing here depends on the target.
    """
    signature = types.void(types.intp, types.intp, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        pattern_at, table_at, *sums_at = given
        byte, index, word = ir.IntType(8), ir.IntType(32), ir.IntType(64)
        floats = ir.VectorType(ir.FloatType(), LANES)
        pairs = ir.VectorType(ir.FloatType(), 2 * LANES)

        def load(kind: Any, address: Any) -> Any:
            found = builder.load(builder.inttoptr(address, kind.as_pointer()))
            found.align = 1
            return found

        seen = load(ir.VectorType(byte, LANES), pattern_at)
        entries = ir.Constant(ir.VectorType(word, LANES), ir.Undefined)
        for lane in range(LANES):
            offset = builder.shl(builder.zext(builder.extract_element(seen, index(lane)), word), word(3))
            entries = builder.insert_element(entries, load(word, builder.add(table_at, offset)), index(lane))
        both = builder.bitcast(entries, pairs)
        for half, address in enumerate(sums_at):
            lanes = ir.Constant(ir.VectorType(index, LANES), list(range(half, 2 * LANES, 2)))
            added = builder.shuffle_vector(both, ir.Constant(pairs, ir.Undefined), lanes)
            stored = builder.store(
                builder.fadd(load(floats, address), added), builder.inttoptr(address, floats.as_pointer())
            )
            stored.align = 1
        return context.get_dummy_value()

    return signature, generate


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def look_up(
    matrix: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
    tree_split: Any,
    tree_unit: Any,
    bit_start: Any,
    bit_term: Any,
    term_split: Any,
    term_flip: Any,
    pair_start: Any,
    pair_output: Any,
    pair_table: Any,
    table: Any,
    found: Any,
) -> None:
    """Add every tabled tree's Shapley values to found, float64 (n, outputs).

    matrix: float32 (n, d), NaN where missing. Splits are numbered tree by tree (tree_split: where each tree's begin),
    as are units; column, threshold, missing_left: of each split; a term names the split by its number in the tree.
    """
    rows, outputs = found.shape
    blocks = (rows + ROW_BLOCK - 1) // ROW_BLOCK
    trees = len(tree_unit) - 1
    x = _by_columns(matrix, blocks)
    # One output more than there are takes the empty halves of pairs.
    sums = np.zeros((blocks, outputs + 1, ROW_BLOCK), np.float32)
    most = 0
    for tree in range(trees):
        most = max(most, tree_split[tree + 1] - tree_split[tree])
    answer = np.zeros((most, ROW_BLOCK), np.bool_)
    pattern = np.zeros(ROW_BLOCK, np.uint8)
    for tree in range(trees):
        for block in range(blocks):
            # Rows beyond the last, up to a full vector, are computed and never read.
            count = (min(ROW_BLOCK, rows - block * ROW_BLOCK) + LANES - 1) // LANES * LANES
            _ask(x, block, count, tree_split[tree], tree_split[tree + 1], column, threshold, missing_left, answer)
            _meet(
                answer, count, tree_unit[tree], tree_unit[tree + 1], bit_start, bit_term, term_split, term_flip,
                pair_start, pair_output, pair_table, table, pattern, sums, block,
            )  # fmt: skip
        if (tree + 1) % FLUSH_TREES == 0 or tree + 1 == trees:
            _flush(sums, found)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _by_columns(matrix: Any, blocks: int) -> Any:
    """The matrix as float32 (blocks, columns, ROW_BLOCK)."""
    rows, columns = matrix.shape
    x = np.zeros((blocks, columns, ROW_BLOCK), np.float32)
    for row in range(rows):
        for column in range(columns):
            x[row // ROW_BLOCK, column, row % ROW_BLOCK] = matrix[row, column]
    return x


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _ask(
    x: Any,
    block: int,
    count: int,
    first: int,
    stop: int,
    column: Any,
    threshold: Any,
    missing_left: Any,
    answer: Any,
) -> None:
    """Whether each row goes left at each split of a tree: NaN is never below a limit, nor at least as large."""
    for split in range(first, stop):
        at, limit, line = column[split], threshold[split], split - first
        if missing_left[split]:
            for row in range(count):
                answer[line, row] = not (x[block, at, row] >= limit)
        else:
            for row in range(count):
                answer[line, row] = x[block, at, row] < limit


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _meet(
    answer: Any,
    count: int,
    first: int,
    stop: int,
    bit_start: Any,
    bit_term: Any,
    term_split: Any,
    term_flip: Any,
    pair_start: Any,
    pair_output: Any,
    pair_table: Any,
    table: Any,
    pattern: Any,
    sums: Any,
    block: int,
) -> None:
    """For each unit of a tree: every row's pattern, and the table's entries for it onto the sums.

    Answers are bytes of 0 or 1, so eight rows are shifted and joined as one word.
    """
    words = count // 8
    answers, patterns = answer.view(np.uint64), pattern.view(np.uint64)
    held = np.empty(len(patterns), np.uint64)
    line = 4 * ROW_BLOCK
    pattern_at, table_at = pattern.ctypes.data, table.ctypes.data
    sums_at = sums.ctypes.data + line * sums.shape[1] * block
    for unit in range(first, stop):
        patterns[:words] = 0
        for bit in range(bit_start[unit], bit_start[unit + 1]):
            term, shift = bit_term[bit], np.uint64(bit - bit_start[unit])
            one, turned = term_split[term], term_flip[term]
            if bit_term[bit + 1] == term + 1:
                for word in range(words):
                    patterns[word] |= (answers[one, word] ^ turned) << shift
                continue
            for word in range(words):
                held[word] = answers[one, word] ^ turned
            for more in range(term + 1, bit_term[bit + 1]):
                one, turned = term_split[more], term_flip[more]
                for word in range(words):
                    held[word] &= answers[one, word] ^ turned
            for word in range(words):
                patterns[word] |= held[word] << shift
        for pair in range(pair_start[unit], pair_start[unit + 1]):
            entries_at = table_at + 8 * pair_table[pair]
            left_at = sums_at + line * pair_output[pair, 0]
            right_at = sums_at + line * pair_output[pair, 1]
            for row in range(0, count, LANES):
                _add_entries(pattern_at + row, entries_at, left_at + 4 * row, right_at + 4 * row)  # type: ignore[call-arg, unused-ignore]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _flush(sums: Any, found: Any) -> None:
    """Move the float32 sums to where float64 keeps them."""
    blocks, outputs, size = sums.shape
    for block in range(blocks):
        for c in range(outputs - 1):
            for at in range(min(size, len(found) - block * size)):
                found[block * size + at, c] += sums[block, c, at]
    sums[:] = 0.0
