"""hnswlib on the vectors of `bench ann`: CPU microseconds a query by recall, one thread.

usage: hnswlib_ann.py FOLDER VECTORS QUERIES unit|raw
"""

import json
import sys
import time

import hnswlib
import numpy as np


def read(path, most):
    flat = np.fromfile(path, dtype=np.float32)
    length = flat[:1].view(np.int32)[0]
    return np.ascontiguousarray(flat.reshape(-1, length + 1)[:most, 1:])


def measure(space, base, asked, truths, engine, rows):
    """Adds rows of one index; CPU microseconds of its build a vector."""
    index = hnswlib.Index(space=space, dim=base.shape[1])
    index.init_index(max_elements=len(base), M=16, ef_construction=100, random_seed=1)
    begin = time.process_time()
    index.add_items(base, num_threads=1)
    build = round((time.process_time() - begin) * 1e6 / len(base), 1)
    for k, truth in truths.items():
        points = []
        for share in (1, 1.3, 1.7, 2.2, 3, 4, 5.5, 8, 12, 18):
            index.set_ef(int(share * k))
            least = None
            for _ in range(3):
                begin = time.process_time()
                found, _ = index.knn_query(asked, k=k, num_threads=1)
                spent = (time.process_time() - begin) * 1e6 / len(asked)
                least = spent if least is None else min(least, spent)
            recall = float(np.mean([len(truth[i] & set(found[i])) / k for i in range(len(asked))]))
            points.append((int(share * k), recall, least))
            if recall > 0.997:
                break
        for target in (0.90, 0.95, 0.99):
            fit = [p for p in points if p[1] >= target]
            best = min(fit, key=lambda p: p[2]) if fit else points[-1]
            rows.append(
                {
                    "engine": engine,
                    "k": k,
                    "target": target,
                    "breadth": best[0],
                    "recall": round(best[1], 4),
                    "micros": round(best[2], 1),
                    "reached": bool(fit),
                }
            )
    return build


def main():
    folder, vectors, queries, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    base = read(folder + "/base.fvecs", vectors)
    asked = read(folder + "/query.fvecs", queries)
    if kind == "unit":
        base = base / np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-12)
        asked = asked / np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), 1e-12)
    scores = asked @ base.T
    truths = {k: [set(row) for row in np.argpartition(-scores, k, axis=1)[:, :k]] for k in (100, 500)}
    out = {"engine": "hnswlib", "set": kind, "vectors": len(base), "rows": []}
    out["buildMicrosPerVector"] = measure("ip", base, asked, truths, "hnswlib", out["rows"])
    norms = np.linalg.norm(base, axis=1)
    if norms.max() > 1.01 * norms.min():
        # One more value makes the largest inner product the nearest neighbour (Bachrach et al. 2014).
        rest = np.sqrt(np.maximum(norms.max() ** 2 - norms**2, 0))
        measure(
            "l2",
            np.hstack([base, rest[:, None]]).astype(np.float32),
            np.hstack([asked, np.zeros((len(asked), 1))]).astype(np.float32),
            truths,
            "hnswlib, augmented",
            out["rows"],
        )
    print(json.dumps(out))


main()
