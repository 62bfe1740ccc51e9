"""Formats whose libraries are extras: Parquet, WARC and WET, HTML."""

import gzip
import io
import json

import pytest

from contentfilter.cli import main
from tests.batches import ARTICLE, HACKED, clean, contents, crawl, lines_of
from tests.examples import BODY, SPAM, TITLE

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("fastwarc")
pytest.importorskip("trafilatura")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- Parquet ---


def write_table(path, texts, kind=None, **options):
    """Write a table of pages with metadata of the schema and of a column."""
    count = len(texts)
    fields = [
        arrow.field("url", arrow.string()),
        arrow.field("text", kind or arrow.string(), metadata={"unit": "page"}),
        arrow.field("more", arrow.list_(arrow.int32())),
    ]
    columns = [
        [f"https://www.water.example/{i}" for i in range(count)],
        arrow.array(texts, type=kind or arrow.string()),
        [[i, i] for i in range(count)],
    ]
    schema = arrow.schema(fields, metadata={"made by": "a test"})
    made = arrow.table(columns, schema=schema)
    parquet.write_table(made, path, **{"row_group_size": 7, "compression": "zstd"} | options)
    return made


@pytest.fixture
def texts():
    return [record["text"] for record in crawl(20)]


def test_of_a_parquet_file_only_the_texts_change(here, texts):
    write_table("a.parquet", texts)
    before = parquet.read_table("a.parquet")
    assert clean("a.parquet", "-o", "b.parquet") == 0
    after = parquet.read_table("b.parquet")
    assert after.drop_columns("text") == before.drop_columns("text")
    assert SPAM in "".join(before["text"].to_pylist())
    assert SPAM not in "".join(after["text"].to_pylist())
    assert after.schema.equals(before.schema, check_metadata=True)


def test_row_groups_and_compression_stay(here, texts):
    write_table("a.parquet", texts, compression={"url": "snappy", "text": "zstd"})
    assert clean("a.parquet", "-o", "b.parquet") == 0
    one, two = (parquet.ParquetFile(f"{name}.parquet").metadata for name in "ab")
    groups = [metadata.row_group(i) for metadata in (one, two) for i in range(3)]
    assert [group.num_rows for group in groups] == [7, 7, 6] * 2
    kinds = [[group.column(i).compression for i in range(3)] for group in groups]
    assert kinds[:3] == kinds[3:]
    assert two.format_version == one.format_version


@pytest.mark.parametrize(
    "kind", [arrow.large_string(), arrow.dictionary(arrow.int32(), arrow.string())], ids=str
)
def test_other_types_of_strings_stay_what_they_are(here, texts, kind):
    write_table("a.parquet", texts, kind)
    assert clean("a.parquet", "-o", "b.parquet") == 0
    after = parquet.read_table("b.parquet")
    assert after.schema.field("text").type == kind
    assert SPAM not in "".join(after["text"].to_pylist())


def test_nulls_and_bytes_that_are_no_text_pass_and_are_listed(here, texts):
    stored = arrow.array([b"\xff", HACKED.encode(), None], type=arrow.binary())
    column = stored.view(arrow.string())
    (here / "in").mkdir()
    parquet.write_table(arrow.table({"text": column}), "in/a.parquet")
    assert clean("in", "-o", "out") == 1
    after = parquet.read_table("out/a.parquet")["text"].cast(arrow.binary())
    assert after.to_pylist() == [b"\xff", ARTICLE.encode(), None]
    assert [error["line"] for error in lines_of(here / "out/errors.jsonl")] == [1, 3]


def test_parquet_values_come_back(here, texts):
    before = write_table("a.parquet", texts)
    clean("a.parquet", "-o", "b.parquet", "--audit", "audit.jsonl")
    assert main(["restore", "b.parquet", "audit.jsonl", "-o", "c.parquet"]) == 0
    assert parquet.read_table("c.parquet") == before
    assert [page["record"] for page in lines_of(here / "audit.jsonl")[2:-1]][:2] == [2, 5]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"body": ["a"]}, "there is no column text, only: body"),
        ({"text": [1]}, "the column text is int64, not strings"),
        (None, "not a Parquet file: "),
    ],
)
def test_a_parquet_file_without_texts_is_copied_and_listed(here, made, reason):
    (here / "in").mkdir()
    if made is None:
        (here / "in/a.parquet").write_bytes(b"something else")
    else:
        parquet.write_table(arrow.table(made), "in/a.parquet")
    assert clean("in", "-o", "out") == 1
    assert (here / "out/a.parquet").read_bytes() == (here / "in/a.parquet").read_bytes()
    assert lines_of(here / "out/errors.jsonl")[0]["reason"].startswith(reason)


def test_a_damaged_row_group_leaves_the_file_as_it_was(here, texts):
    write_table("whole.parquet", texts, compression="none", use_dictionary=False)
    content = bytearray((here / "whole.parquet").read_bytes())
    place = parquet.ParquetFile("whole.parquet").metadata.row_group(2).column(1)
    start = place.data_page_offset
    content[start : start + 20] = b"\xff" * 20
    (here / "in").mkdir()
    (here / "in/a.parquet").write_bytes(content)
    assert clean("in", "-o", "out", "--audit", "audit.jsonl") == 1
    assert (here / "out/a.parquet").read_bytes() == content
    _, foot = lines_of(here / "audit.jsonl")
    assert (foot["totals"]["pages"], foot["totals"]["errors"]) == (0, 1)


@pytest.mark.parametrize("count", [0, 1])
def test_small_parquet_files_stay_whole(here, count):
    before = write_table("a.parquet", [BODY] * count)
    assert clean("a.parquet", "-o", "b.parquet") == 0
    assert parquet.read_table("b.parquet") == before


# --- WARC and WET ---


def warc(kind, url, content, **headers):
    """Return one record of an archive, compressed by itself."""
    lines = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{abs(hash(url)):032x}>",
        "WARC-Date": "2026-11-01T12:00:00Z",
        "WARC-Target-URI": url,
        "Content-Length": str(len(content)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return gzip.compress(b"WARC/1.0\r\n" + head.encode() + b"\r\n" + content + b"\r\n\r\n")


def response(url, body, kind="text/html"):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    content = head.encode() + body
    return warc("response", url, content, **{"Content-Type": "application/http; msgtype=response"})


def html(*paragraphs, head=""):
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    article = f"<article><h1>{TITLE}</h1>{body}</article>"
    return f"<html><head>{head}<title>{TITLE}</title></head><body>{article}</body></html>"


def test_a_wet_file_becomes_json_lines(here):
    records = [
        warc("warcinfo", "", b"software: x\r\n"),
        warc(
            "conversion", "https://a.example/1", HACKED.encode(), **{"Content-Type": "text/plain"}
        ),
        warc("conversion", "https://a.example/2", BODY.encode(), **{"Content-Type": "text/plain"}),
    ]
    (here / "crawl.warc.wet.gz").write_bytes(b"".join(records))
    assert clean("crawl.warc.wet.gz", "-o", "out/") == 0
    content = gzip.decompress((here / "out/crawl.warc.wet.jsonl.gz").read_bytes())
    pages = [json.loads(line) for line in content.splitlines()]
    assert [(page["url"], page["text"]) for page in pages] == [
        ("https://a.example/1", ARTICLE),
        ("https://a.example/2", BODY),
    ]
    assert pages[0]["date"] == "2026-11-01T12:00:00Z"
    assert pages[0]["id"].startswith("urn:uuid:")


def test_responses_go_through_extraction_whatever_their_encoding(here):
    page = html(SPAM, *[BODY] * 5)
    records = [
        response("https://a.example/utf8", page.encode(), "text/html; charset=utf-8"),
        response("https://a.example/header", page.encode("gbk"), "text/html; charset=gb2312"),
        response(
            "https://a.example/meta",
            html(*[BODY] * 5, head='<meta charset="gbk">').encode("gbk"),
        ),
        response("https://a.example/none", page.encode("gbk")),
        response("https://a.example/image", b"\x89PNG", "image/png"),
        response("https://a.example/plain", HACKED.encode(), "text/plain"),
        response("https://a.example/empty", b"<html></html>"),
    ]
    (here / "a.warc.gz").write_bytes(b"".join(records))
    assert clean("a.warc.gz", "-o", "b.jsonl") == 1
    pages = {page["url"].rsplit("/", 1)[1]: page["text"] for page in lines_of(here / "b.jsonl")}
    assert list(pages) == ["utf8", "header", "meta", "none", "plain"]
    assert all(BODY in text and SPAM not in text for text in pages.values())


def test_a_page_without_text_is_listed_by_its_address(here, capsys):
    (here / "a.warc").write_bytes(gzip.decompress(response("https://a.example/x", b"<p></p>")))
    assert clean("a.warc", "-o", "b.jsonl") == 1
    assert "a.warc, line 1: no main text found (https://a.example/x)" in capsys.readouterr().err


def test_what_was_written_for_an_archive_comes_back(here):
    records = [warc("conversion", f"https://a.example/{i}", HACKED.encode()) for i in range(3)]
    (here / "a.wet.gz").write_bytes(b"".join(records))
    assert clean("a.wet.gz", "-o", "b.jsonl", "--audit", "audit.jsonl") == 0
    assert main(["restore", "b.jsonl", "audit.jsonl", "-o", "c.jsonl"]) == 0
    assert [page["text"] for page in lines_of(here / "c.jsonl")] == [HACKED] * 3


def test_a_damaged_archive_gives_what_can_be_read(here):
    text = BODY * 50
    records = [warc("conversion", f"https://a.example/{i}", text.encode()) for i in range(3)]
    content = b"".join(records)
    (here / "cut_off.wet.gz").write_bytes(content[: len(content) - 60])
    spoiled = bytearray(content)
    spoiled[len(records[0]) + 60] ^= 0xFF
    (here / "spoiled.wet.gz").write_bytes(spoiled)
    assert clean("cut_off.wet.gz", "spoiled.wet.gz", "-o", "out") == 1
    count = [
        len(gzip.decompress((here / f"out/{name}.wet.jsonl.gz").read_bytes()).splitlines())
        for name in ("cut_off", "spoiled")
    ]
    assert count == [2, 1]
    reasons = [error["reason"] for error in lines_of(here / "out/errors.jsonl")]
    assert all(reason.startswith("damaged") for reason in reasons)
    assert len(reasons) == 2


@pytest.mark.parametrize("form", ["chunks", "gzip"])
def test_a_response_as_it_came_over_the_net_is_read(here, form):
    body = html(*[BODY] * 5).encode()
    if form == "chunks":
        header, content = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        header, content = "Content-Encoding: gzip", gzip.compress(body)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{header}\r\n\r\n".encode()
    more = {"Content-Type": "application/http; msgtype=response"}
    (here / "a.warc.gz").write_bytes(warc("response", "https://a.example/", head + content, **more))
    assert clean("a.warc.gz", "-o", "b.jsonl") == 0
    assert BODY in lines_of(here / "b.jsonl")[0]["text"]


def test_an_archive_can_be_read_on_from_any_piece():
    from contentfilter.records.base import Settings, Source
    from contentfilter.records.warc import Warc

    records = [warc("conversion", f"https://a.example/{i}", BODY.encode()) for i in range(30)]
    kind = Warc(Settings(block=1000))
    pieces = list(kind.pieces(Source(io.BytesIO(b"".join(records)), "a"), 0))
    assert len(pieces) > 5
    for number, piece in enumerate(pieces):
        rest = kind.pieces(Source(io.BytesIO(b"".join(records)), "a"), piece.position)
        assert list(rest) == pieces[number + 1 :]


# --- HTML ---


def test_the_main_text_of_a_page_is_written_and_cleaned(here):
    (here / "in").mkdir()
    (here / "in/a.html").write_bytes(html(SPAM, *[BODY] * 5).encode())
    (here / "in/b.htm").write_bytes(html(*[BODY] * 5, head='<meta charset="gbk">').encode("gbk"))
    assert clean("in", "-o", "out", "--format", "html") == 0
    out = contents(here / "out")
    assert list(out) == ["a.html.txt", "b.htm.txt"]
    assert all(BODY in text.decode() and SPAM not in text.decode() for text in out.values())


def test_a_page_without_a_main_text_has_no_result_and_is_listed(here):
    (here / "in").mkdir()
    (here / "in/a.html").write_bytes(b"<html><body></body></html>")
    assert clean("in", "-o", "out", "--format", "html") == 1
    assert list(contents(here / "out")) == ["errors.jsonl"]
    assert lines_of(here / "out/errors.jsonl")[0]["reason"] == "no main text found"
