"""Common Crawl WET files -> datatrove, in two tasks -> JSON Lines.

    pip install "contentfilter[datatrove]" "datatrove[io]"
    python wet_datatrove.py pages/ cleaned/

For a cluster, `SlurmPipelineExecutor` takes the same steps; a task for each file is a good size.
"""

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import WarcReader
from datatrove.pipeline.writers import JsonlWriter

from contentfilter.integrations.datatrove import SpamCleaner


def main(source: str, target: str) -> None:
    """Clean the WET files in ``source``; what was cut is kept beside the pages."""
    steps = [
        WarcReader(source, glob_pattern="*.warc.wet.gz"),
        SpamCleaner(JsonlWriter(f"{target}/removed"), blocks_field="cut"),
        JsonlWriter(f"{target}/pages"),
    ]
    LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir=f"{target}/logs").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
