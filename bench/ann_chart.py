"""Draws the picture of bench/results/ann.json: queries a second of one core at k = 500, recall .99.

usage: ann_chart.py bench/results/ann.json docs/images/ann.svg
"""

import json
import sys
from html import escape

ENGINES = [
    ("lists", "lists", "#2563a8"),
    ("lists, 20 % moved, writer running", "lists, 20 % moved, a writer running", "#8fb7de"),
    ("graph", "our walk over Lucene's graph", "#3a8f6b"),
    ("hnswlib", "hnswlib", "#c77d2e"),
    ("lucene", "Lucene's own search", "#8a6bb0"),
    ("scan", "exact scan", "#8a8a8a"),
]
LEFT, BAR, GAP, WIDE = 270, 15, 34, 520


def rate(rows, engine):
    for row in rows:
        if row["engine"] == engine and row.get("k") == 500 and row["target"] in ("0.99", 0.99, "exact"):
            return (1e6 / row["micros"], row.get("reached", True), row["recall"])
    return None


def main():
    sets = json.load(open(sys.argv[1]))["sets"]
    parts, at = [], 62
    for one in sets:
        rows = [row for row in one["rows"] if "target" in row]
        found = [(label, colour, rate(rows, engine)) for engine, label, colour in ENGINES]
        found = [(label, colour, hit) for label, colour, hit in found if hit]
        most = max(hit[0] for _, _, hit in found if hit[1])
        title = f'{one["set"]}, {one["vectors"]:,} vectors'
        parts.append(f'<text x="16" y="{at}" class="set">{escape(title)}</text>')
        at += 10
        for label, colour, (speed, reached, recall) in found:
            width = max(1.5, speed / most * WIDE) if reached else 0
            says = f"{speed:,.0f}" if reached else f"does not reach .99 (recall {recall:.3f})"
            parts.append(
                f'<text x="{LEFT - 8}" y="{at + 12}" class="name">{escape(label)}</text>'
                f'<rect x="{LEFT}" y="{at}" width="{width:.1f}" height="{BAR - 3}" fill="{colour}"/>'
                f'<text x="{LEFT + width + 6:.1f}" y="{at + 11}">{says}</text>'
            )
            at += BAR + 2
        at += GAP - 6
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {at}" width="960" height="{at}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">'
        "<style>.set{font-weight:600;font-size:14px}.name{text-anchor:end;fill:#555}</style>"
        f'<rect width="960" height="{at}" fill="#fff"/>'
        '<text x="16" y="26" font-size="16" font-weight="600">Queries a second of one core, k = 500, recall .99, '
        "largest inner products</text>" + "".join(parts) + "</svg>",
        file=open(sys.argv[2], "w"),
    )


main()
