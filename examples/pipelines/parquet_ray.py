"""Parquet -> Ray Data, with two actors -> Parquet.

    pip install "contentfilter[ray]"
    python parquet_ray.py pages/ cleaned/

On a cluster leave out what `ray.init` is given here, and give the size of the pool as a range.
"""

import sys

import ray
from ray.data import ActorPoolStrategy

from contentfilter.integrations.ray import SpamCleaner


def main(source: str, target: str) -> None:
    """Clean the Parquet files in ``source``."""
    # A CPU more than there are actors: with all of them taken, reading would never begin.
    ray.init(num_cpus=3, object_store_memory=500_000_000, include_dashboard=False)
    pages = ray.data.read_parquet(source)
    cleaned = pages.map_batches(
        SpamCleaner,
        fn_constructor_kwargs={"blocks_field": "cut"},
        batch_format="pyarrow",
        batch_size=1000,
        compute=ActorPoolStrategy(size=2),
    )
    cleaned.write_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
