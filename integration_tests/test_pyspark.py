"""PySpark: two workers on this machine, the function of a column and the frame with blocks."""

import ast
import os
import sys
from datetime import datetime

# Or the workers would run whatever is called python3; see docs/integrations/pyspark.md
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from contentfilter.integrations.pyspark import clean_frame, clean_udf, counts_of
from integration_tests.conformance import (
    NUMBERS,
    OPTIONS,
    by_options,
    expected,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import run

GIVEN = [row | {"number": number} for row, number in zip(rows(), NUMBERS, strict=True)]
EXPECTED = [row | {"number": number} for row, number in zip(expected(), NUMBERS, strict=True)]
SCHEMA = "id string, text string, url string, number bigint"


@pytest.fixture(scope="module")
def spark():
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "3")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()


@pytest.fixture
def frame(spark):
    made = [tuple(row[name] for name in ("id", "text", "url", "number")) for row in GIVEN]
    rdd = spark.sparkContext.parallelize(made, 2)
    return spark.createDataFrame(rdd, SCHEMA)


def collected(frame):
    return [row.asDict(recursive=True) for row in frame.collect()]


def test_the_function_gives_what_cleaning_gives_in_order(frame):
    assert frame.rdd.getNumPartitions() == 2
    assert collected(frame.withColumn("text", clean_udf()("text"))) == EXPECTED


def test_the_function_counts_in_an_accumulator(spark, frame):
    counts = counts_of(spark)
    frame.withColumn("text", clean_udf(counts)("text")).collect()
    assert counts.value == expected_counts()


def test_the_function_takes_options(frame):
    assert collected(frame.withColumn("text", clean_udf(threshold=1.0)("text"))) == GIVEN


def test_the_options_of_the_cleaner_reach_the_workers(frame):
    texts = [row["text"] and by_options(row["text"]) for row in rows()]
    by_function = frame.withColumn("text", clean_udf(**OPTIONS)("text"))
    for found in (by_function, clean_frame(frame, **OPTIONS)):
        assert [row["text"] for row in collected(found)] == texts


def test_the_function_can_be_used_in_sql(spark, frame):
    spark.udf.register("clean_text", clean_udf())
    frame.createOrReplaceTempView("pages")
    assert collected(spark.sql("SELECT id, clean_text(text) AS text, url, number FROM pages")) == (
        EXPECTED
    )


def test_the_frame_gives_what_cleaning_gives_in_order(frame):
    found = clean_frame(frame)
    assert found.schema == frame.schema
    assert collected(found) == EXPECTED


def test_the_frame_records_blocks_and_counts(spark, frame):
    counts = counts_of(spark)
    found = collected(clean_frame(frame, blocks_field="cut", counts=counts))
    assert [row.pop("cut") for row in found] == [records(row["text"]) for row in rows()]
    assert found == EXPECTED
    assert counts.value == expected_counts()


def test_a_field_that_is_no_text_passes_through(frame):
    assert collected(clean_frame(frame, "number")) == GIVEN


def test_parquet_in_and_parquet_out(spark, frame, tmp_path):
    frame.write.parquet(str(tmp_path / "in"))
    found = clean_frame(spark.read.parquet(str(tmp_path / "in")), blocks_field="cut")
    found.write.parquet(str(tmp_path / "out"))
    again = spark.read.parquet(str(tmp_path / "out")).drop("cut")
    assert sorted(collected(again), key=str) == sorted(EXPECTED, key=str)


def test_a_missing_model_stops_the_job(frame):
    with pytest.raises(PythonException, match=r"no model file none\.npz"):
        clean_frame(frame, model="none.npz").collect()


def test_a_field_that_pandas_cannot_hold_passes_through(spark):
    # Why rows travel as Arrow data: `mapInPandas` of Spark 4.3 fails on a row that it only has to
    # hand on, with "would result in out of bounds timestamp".
    old = {"text": rows()[0]["text"], "written": datetime(1500, 1, 1)}
    frame = spark.createDataFrame([old], "text string, written timestamp_ntz")
    assert collected(clean_frame(frame)) == [old | {"text": expected()[0]["text"]}]


def test_the_program_of_the_docs_does_what_it_says(spark, frame, tmp_path):
    frame.write.parquet(str(tmp_path / "pages"))
    printed = run("pyspark", 0, tmp_path)
    found = spark.read.parquet(str(tmp_path / "cleaned")).drop("cut")
    assert sorted(collected(found), key=str) == sorted(EXPECTED, key=str)
    assert ast.literal_eval(printed) == expected_counts()
