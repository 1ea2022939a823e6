#!/usr/bin/python3
"""scikit-learn (Debian: python3-sklearn) in batches of 1,000 rows, where one by one is overhead: k-means of three clusters
and two principal components of eight inputs, learned and asked once a row."""
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy  # noqa: E402
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import IncrementalPCA

ROWS, BATCH = 200_000, 1_000


def measure(name, ask, learner, rows):
    learner.partial_fit(rows[:BATCH])
    begin = time.perf_counter()
    for first in range(BATCH, len(rows), BATCH):
        batch = rows[first:first + BATCH]
        ask(learner, batch)
        learner.partial_fit(batch)
    ns = (time.perf_counter() - begin) * 1e9 / (len(rows) - BATCH)
    print(f"peer.{name}.ns={ns:.1f}")


random = numpy.random.default_rng(1)
centres = random.random((50, 8))
rows = (centres[random.integers(0, 50, ROWS)] + 0.2 * random.standard_normal((ROWS, 8))).astype(numpy.float32)
measure("sklearn-k-means:3", lambda learner, batch: learner.predict(batch),
        MiniBatchKMeans(3, n_init=1, batch_size=BATCH, random_state=1), rows)
measure("sklearn-pca:2", lambda learner, batch: learner.transform(batch), IncrementalPCA(2), rows)
