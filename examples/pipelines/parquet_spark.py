"""Parquet -> Spark, with two workers -> Parquet.

    pip install "contentfilter[pyspark]"
    PYSPARK_PYTHON=$(which python) python parquet_spark.py pages/ cleaned/

On a cluster use `spark-submit`, with contentfilter in the environment of the executors.
"""

import sys

from pyspark.sql import SparkSession

from contentfilter.integrations.pyspark import clean_frame, counts_of


def main(source: str, target: str) -> None:
    """Clean the Parquet files in ``source`` and print the counts."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        # Rows that a worker is sent at once; the default of 10,000 is for small rows.
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1000")
        .getOrCreate()
    )
    counts = counts_of(spark)
    pages = spark.read.parquet(source)
    clean_frame(pages, blocks_field="cut", counts=counts).write.parquet(target)
    print(dict(counts.value))
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
