#!/usr/bin/python3
"""Writes tests/model/tree_fixture.inc: the tree that scikit-learn makes of the rows of tree_rows.hpp.

Run by hand (Debian's python3-sklearn, 1.2) when the rows change: tests/model/make_tree_fixture.py
"""
import pathlib

import numpy
import sklearn
from sklearn.tree import DecisionTreeClassifier

from parity_rows import cut, digits, noise, splitmix64

ROWS, LEARNED, INPUTS = 12000, 10000, 4


def rows():
    random = splitmix64(20000820)
    x = numpy.zeros((ROWS, INPUTS))
    labels = numpy.zeros(ROWS, dtype=int)
    for row in range(ROWS):
        x[row] = [cut(noise(random), 16) / 4096 for _ in range(INPUTS)]
        inner = x[row][0] > -1 if x[row][2] > 0.25 else x[row][1] > 1
        flipped = next(random) % 16 == 0
        labels[row] = int(bool(inner) != flipped)
    return x, labels


x, labels = rows()
batch = DecisionTreeClassifier(criterion="entropy", max_leaf_nodes=4).fit(x[:LEARNED], labels[:LEARNED])
tree = batch.tree_
splits = [0, tree.children_left[0], tree.children_right[0]]
assert all(tree.feature[node] >= 0 for node in splits)

out = f"// Made by make_tree_fixture.py with scikit-learn {sklearn.__version__}.\n"
out += "// The root, then its two sides: up to the threshold, above it.\n"
out += f"constexpr std::array batch_inputs{{{', '.join(str(tree.feature[node]) for node in splits)}}};\n"
out += f"constexpr std::array batch_thresholds{{{', '.join(f'{tree.threshold[node]:.9g}' for node in splits)}}};\n"
out += digits("batch_labels", batch.predict(x[LEARNED:]))
pathlib.Path(__file__).with_name("tree_fixture.inc").write_text(out)
print(f"accuracy {batch.score(x[LEARNED:], labels[LEARNED:]):.4f}")
