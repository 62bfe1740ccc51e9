"""Make pages to try a pipeline on: legitimate documents, one in ten with an injected block.

    python make_pages.py --megabytes 200 --format parquet -o pages/ [--corpus DIR]

Without a corpus the documents are those of the seeds, joined into pages. Needs a checkout, and
pyarrow for Parquet or warcio for WET.
"""

import hashlib
import itertools
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from contentfilter.training.corpus import read_corpus, seed_documents
from contentfilter.training.seeds import Seeds
from contentfilter.training.synthesis import Synthesis

SEEDS = Path(__file__).parents[2] / "seeds"
DIRTY = 0.1  # share of the pages with a block
SHORTEST = 300  # characters: a page is made of as many documents as that takes


def pages(corpus: Path | None, megabytes: float) -> Iterator[dict[str, str]]:
    """Yield ``id``, ``url`` and ``text`` of pages; the text is ``megabytes`` of UTF-8 in all."""
    seeds = Seeds(SEEDS)
    documents = read_corpus(corpus) if corpus else seed_documents(seeds)
    texts = [document.text for document in documents]
    rng = random.Random(1)
    synthesis = Synthesis(seeds, frozenset(range(10)), random_state=1)
    left = megabytes * 1e6
    for number in itertools.count():
        text = rng.choice(texts)
        while len(text) < SHORTEST:
            text += "\n\n" + rng.choice(texts)
        if rng.random() < DIRTY:
            parts = [synthesis.block().text, text]
            text = "\n\n".join(parts if rng.random() < 0.7 else parts[::-1])
        yield {"id": f"page-{number}", "url": f"https://a{number}.example/", "text": text}
        left -= len(text.encode("utf-8", "replace"))
        if left < 0:
            return


def write_parquet(rows: list[dict[str, str]], path: Path) -> None:
    """Write ``rows`` in groups of a thousand, so that readers can share a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1000, compression="zstd")


def write_wet(rows: Iterable[dict[str, str]], path: Path) -> None:
    """Write ``rows`` as the conversion records of Common Crawl."""
    import io

    from warcio.warcwriter import WARCWriter

    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for row in rows:
            headers = {"Content-Type": "text/plain", "WARC-Date": "2026-11-23T00:00:00Z"}
            record = writer.create_warc_record(
                row["url"],
                "conversion",
                payload=io.BytesIO(row["text"].encode()),
                warc_headers_dict=headers,
            )
            writer.write_record(record)


def write_jsonl(rows: Iterable[dict[str, str]], path: Path) -> None:
    """Write ``rows`` as JSON Lines."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


FORMATS = {
    "jsonl": (write_jsonl, "jsonl"),
    "parquet": (write_parquet, "parquet"),
    "wet": (write_wet, "warc.wet.gz"),
}


@click.command()
@click.option("--megabytes", default=200.0, show_default=True)
@click.option("--corpus", type=click.Path(path_type=Path, exists=True))
@click.option("--format", "kind", type=click.Choice(list(FORMATS)), default="parquet")
@click.option("--files", default=8, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(megabytes: float, corpus: Path | None, kind: str, files: int, output: Path) -> None:
    """Write the pages to files in a directory, the same ones each time."""
    write, suffix = FORMATS[kind]
    output.mkdir(parents=True)
    rows = list(pages(corpus, megabytes))
    for number in range(files):
        write(rows[number::files], output / f"part-{number:02}.{suffix}")
    digest = hashlib.sha256("".join(row["text"] for row in rows).encode("utf-8", "replace"))
    click.echo(f"{len(rows)} pages in {files} files, sha256 {digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
