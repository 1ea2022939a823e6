#!/usr/bin/python3
"""Writes tests/model/chain_fixture.inc: what scikit-learn makes of the rows of chain_rows.hpp.

Once from all rows together, and once ("online") in one pass by batches. Run by hand (Debian's python3-sklearn, 1.2)
when the rows change: tests/model/make_chain_fixture.py
"""
import pathlib

import numpy
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

from parity_rows import cut, digits, noise, splitmix64


def rows():
    random = splitmix64(20110101)
    centres = [(-3, -1), (0, 3), (3, -2)]
    all_rows, clusters = [], []
    for _ in range(600):
        cluster = next(random) % 3
        a = (centres[cluster][0] << 16) + noise(random)
        b = (centres[cluster][1] << 16) + noise(random)
        whole = [8 * a + (400 << 16), a + b + cut(noise(random), 4), cut(b, 2) - cut(noise(random), 8),
                 2 * a - 4 * b + cut(noise(random), 2)]
        all_rows.append([cut(value, 16) / 4096 for value in whole])
        clusters.append(cluster)
    return numpy.array(all_rows, dtype=numpy.float32).astype(float), numpy.array(clusters)


def numbers(name, values):
    text = ", ".join(f"{value:.9g}" for value in numpy.ravel(values))
    return f"constexpr std::array {name}{{{text}}};\n"


x, clusters = rows()
scaler = StandardScaler().fit(x)
standardised = scaler.transform(x)
pca = PCA(2).fit(standardised)
projected = pca.transform(standardised)
k_means = KMeans(3, n_init=10, random_state=1).fit(projected)
of_inputs = KMeans(3, n_init=10, random_state=1).fit(standardised)
BATCH = 60
batches = [slice(first, first + BATCH) for first in range(0, len(x), BATCH)]


def by_batches(learner, rows):
    for batch in batches:
        learner.partial_fit(rows[batch])
    return learner


online_scaler = by_batches(StandardScaler(), x)
assert numpy.allclose(online_scaler.mean_, scaler.mean_) and numpy.allclose(online_scaler.scale_, scaler.scale_)
online_pca = by_batches(IncrementalPCA(2), online_scaler.transform(x))
online_projected = online_pca.transform(online_scaler.transform(x))
online_k_means = by_batches(MiniBatchKMeans(3, n_init=10, random_state=1), online_projected)
online_of_inputs = by_batches(MiniBatchKMeans(3, n_init=10, random_state=1), standardised)
lda = LinearDiscriminantAnalysis().fit(standardised, clusters)

out = f"// Made by make_chain_fixture.py with scikit-learn {sklearn.__version__}.\n"
out += numbers("scaler_means", scaler.mean_)
out += numbers("scaler_deviations", scaler.scale_)
out += numbers("pca_components", pca.components_)  # one after the other
out += numbers("pca_variances", pca.explained_variance_)
out += numbers("online_pca_components", online_pca.components_)
out += numbers("online_pca_variances", online_pca.explained_variance_)
out += digits("chain_labels", k_means.labels_)
out += digits("online_chain_labels", online_k_means.predict(online_projected))
out += f"constexpr double inertia_of_inputs = {of_inputs.inertia_:.9g};\n"
out += f"constexpr double online_inertia_of_inputs = {-online_of_inputs.score(standardised):.9g};\n"
out += digits("lda_labels", lda.predict(standardised))
pathlib.Path(__file__).with_name("chain_fixture.inc").write_text(out)
print(f"accuracy of LDA {lda.score(standardised, clusters):.4f}")
