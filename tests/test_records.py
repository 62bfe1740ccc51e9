import csv
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.records import format_of, make
from contentfilter.records.base import Settings, Source, Undo, line_blocks
from contentfilter.records.csv import Csv
from contentfilter.records.jsonl import JsonLines
from contentfilter.records.literals import DOUBLED, JSON, Literal
from contentfilter.spans import Span, cut
from tests.batches import crawl, jsonl, table


def read(kind, content, position=0):
    """Return the pieces of a file, and the records of all of them."""
    pieces = list(kind.pieces(Source(io.BytesIO(content), "file"), position))
    return pieces, [record for piece in pieces for record in kind.records(piece)]


def only(kind, content):
    """Return the piece and the last record of a file that is one piece."""
    pieces = list(kind.pieces(Source(io.BytesIO(content), "file"), 0))
    return pieces[-1], list(kind.records(pieces[-1]))[-1]


def cut_and_back(kind, content, spans):
    """Return the last record without ``spans``, and put together again."""
    piece, record = only(kind, content)
    put = kind.put(record, piece, spans)
    assert put.problem == ""
    removed = [record.text[slice(*span)] for span in spans]
    changed = content.replace(_last(kind, content), put.output)
    piece, record = only(kind, changed)
    restored = kind.restore(record, piece, Undo(spans, removed, put.raw), "utf-8")
    return put.output, restored


def _last(kind, content):
    piece, record = only(kind, content)
    return kind.put(record, piece, []).output


# --- JSON Lines ---

LINES = [
    rb'{"text": "abcdef"}',
    rb'{ "id" :7,"text":"abcdef" , "n": 1.50, "e": 1E5,"big":123456789012345678901234567890 }',
    rb'{"text": "\u4e2db\ud83d\ude00d\n\"f"}',
    '{"t":{"text":1},"text": "国产a😀c"}'.encode(),
    rb'{"text": "first", "text": "abcdef"}',
    rb'{"text": "\ud800a\udc00bcd"}',
    b'\xef\xbb\xbf{"text": "abcdef"}\r',
    rb'{"x": {"text": "}"}, "y": [{"text": "]"}], "text": "ab\/def", "z": "\\"}',
    rb'{"te\u0078t": "abcdef", "nan": NaN}',
]


@pytest.mark.parametrize("line", LINES)
def test_of_a_changed_line_only_the_text_changes_and_comes_back(line):
    kind = JsonLines(Settings())
    line += b"\n"
    changed, restored = cut_and_back(kind, line, [Span(1, 3), Span(4, 5)])
    before, after = (json.loads(value.decode().removeprefix("\ufeff")) for value in (line, changed))
    assert after["text"] == cut(before["text"], [(1, 3), (4, 5)])
    assert str({**before, "text": ""}) == str({**after, "text": ""})  # NaN is not NaN
    assert restored == line


def test_a_changed_line_keeps_blanks_order_and_the_form_of_numbers():
    line = b'{ "n":1.50 ,"text" : "abc",  "e":1E5}\n'
    changed, _ = cut_and_back(JsonLines(Settings()), line, [Span(0, 2)])
    assert changed == b'{ "n":1.50 ,"text" : "c",  "e":1E5}\n'


def test_a_nested_field_is_found():
    line = b'{"a": {"c": {"b": "no"}, "b": "abc"}, "b": "no"}\n'
    changed, restored = cut_and_back(JsonLines(Settings(field="a.b")), line, [Span(0, 2)])
    assert changed == b'{"a": {"c": {"b": "no"}, "b": "c"}, "b": "no"}\n'
    assert restored == line


@given(st.text(max_size=30), st.booleans(), st.data())
def test_any_text_comes_back_from_a_line(text, ascii_only, data):
    try:
        line = json.dumps({"a": 1, "text": text, "z": text}, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = [Span(start, end)] if end > start else []
    changed, restored = cut_and_back(JsonLines(Settings()), line + b"\n", spans)
    assert json.loads(changed)["text"] == cut(text, spans)
    assert restored == line + b"\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "ab', "broken JSON: invalid control character at column 13"),
        (b'{"text": null}', "the field text is null, not a string"),
        (b'{"text": 1}', "the field text is a number, not a string"),
        (b'{"text": true}', "the field text is a boolean, not a string"),
        (b'{"body": "a"}', "there is no field text"),
        (b"[1]", "the line is a list, not an object"),
        (b"7", "the line is a number, not an object"),
        (b'{"text": "\xff"}', "not UTF-8: byte 0xff at offset 10; convert it to UTF-8 first"),
        (b"[" * 100_000, "broken JSON: nested too deeply"),
    ],
)
def test_a_bad_line_has_a_reason_and_passes_as_it_is(line, reason):
    kind = JsonLines(Settings())
    piece, record = only(kind, line + b"\n")
    assert (record.text, record.problem) == (None, reason)
    assert kind.put(record, piece, []).output == line + b"\n"


def test_blank_lines_are_no_errors():
    _, records = read(JsonLines(Settings()), b"\n  \r\n")
    assert [(record.text, record.problem) for record in records] == [(None, "")] * 2


def test_other_line_ends_within_a_string_do_not_end_the_line():
    line = '{"text": "a\u2028b\x85c"}\n'.encode()
    assert only(JsonLines(Settings()), line)[1].text == "a\u2028b\x85c"


def test_a_record_tells_its_id_and_site():
    line = b'{"text": "", "url": "https://www.water.example/a", "id": 5}\n'
    record = only(JsonLines(Settings()), line)[1]
    assert (record.id, record.site) == ("5", "www.water.example")


@pytest.mark.parametrize("size", [1, 7, 100, 1000, 1 << 19])
def test_blocks_of_lines_are_the_same_from_any_of_their_ends_on(size):
    content = jsonl(crawl(30), ensure_ascii=False).encode()
    blocks = list(line_blocks(io.BytesIO(content), 0, size))
    assert b"".join(blocks) == content
    at = 0
    for number, block in enumerate(blocks):
        assert list(line_blocks(io.BytesIO(content[at:]), at, size)) == blocks[number:]
        at += len(block)


# --- tables ---

TABLES = [
    b"id,text\n1,abcdef\n",
    b'id,text\n1,"abc,def"\n',
    b'text\n"ab""cd\r\nef"\n',
    b'text,n\r\n"a""""bcdef",1.50\r\n',
    b"n,text\n1,abcdef",
    "\ufeffid,text\n1,国产abcd\n".encode(),
]


@pytest.mark.parametrize("content", TABLES)
def test_of_a_changed_row_only_the_text_changes_and_comes_back(content):
    kind = Csv(Settings(), ",")
    before = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    last = _last(kind, content)
    changed, restored = cut_and_back(kind, content, [Span(1, 2), Span(3, 5)])
    table_after = content.replace(last, changed).decode("utf-8-sig")
    after = list(csv.DictReader(io.StringIO(table_after, newline="")))
    expected = {**before[-1], "text": cut(before[-1]["text"], [(1, 2), (3, 5)])}
    assert after[-1] == expected
    assert restored == last


@given(st.lists(st.lists(st.text('ab",\n\r\t 国', max_size=8), min_size=3, max_size=3), max_size=6))
def test_rows_are_those_that_the_csv_module_reads(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([["a", "text", "c"], *rows])
    content = stream.getvalue()
    _, records = read(Csv(Settings(block=7), ","), content.encode())
    assert [record.text for record in records if record.counts] == [row[1] for row in rows]
    assert "".join(record.raw for record in records) == content


@given(st.text('ab",\n\r国', max_size=60))
def test_whatever_a_table_holds_is_written_as_it_was(content):
    kind = Csv(Settings(block=5), ",")
    content = "text,x\n" + content
    pieces = list(kind.pieces(Source(io.BytesIO(content.encode()), "file"), 0))
    outputs = [kind.put(r, piece, []).output for piece in pieces for r in kind.records(piece)]
    assert b"".join(outputs) == content.encode()


def test_a_cut_that_would_make_another_value_is_not_made():
    kind = Csv(Settings(), ",")
    piece, record = only(kind, b'id,text\n1,ab"c"\n')
    put = kind.put(record, piece, [Span(0, 2)])  # '"c"' would be read as 'c'
    assert (put.output, put.problem) == (b'1,ab"c"\n', "the text cannot be cut in place")


def test_a_cut_that_would_leave_an_empty_row_is_not_made():
    kind = Csv(Settings(), ",")
    piece, record = only(kind, b"text\nabc\n")
    assert kind.put(record, piece, [Span(0, 3)]).problem == "the text cannot be cut in place"


def test_a_row_with_too_few_columns_has_a_reason():
    record = only(Csv(Settings(), ","), b"id,text\n1\n")[1]
    assert record.problem == "the row has 1 columns, not 2"


def test_a_quotation_mark_that_is_never_closed_spoils_one_row_alone():
    content = b'id,text\n1,"open\n' + b"2,fine\n" * 3
    _, records = read(Csv(Settings(), ","), content)
    assert [record.text for record in records[2:]] == ["fine"] * 3
    assert b"".join(record.raw.encode() for record in records) == content


def test_a_table_can_be_read_on_from_any_piece():
    content = table(crawl(30)).encode()
    kind = Csv(Settings(block=500), ",")
    pieces, _ = read(kind, content)
    for number, piece in enumerate(pieces):
        assert read(kind, content, piece.position)[0] == pieces[number + 1 :]


def test_a_missing_column_is_an_error_that_names_those_there_are():
    from contentfilter.errors import RecordFormatError

    with pytest.raises(RecordFormatError, match="there is no column text, only: id, body"):
        read(Csv(Settings(), ","), b"id,body\n1,a\n")


def test_tabs_divide_tsv():
    record = only(Csv(Settings(), "\t"), b"id\ttext\n1\ta,b\n")[1]
    assert record.text == "a,b"


# --- literals ---


@pytest.mark.parametrize(
    ("raw", "pattern", "text"),
    [
        (r"a\u4e2d\ud83d\ude00\n\\z", JSON, "a中😀\n\\z"),
        (r"\ud83d\u0041", JSON, "\ud83dA"),
        ('""a""""b', DOUBLED, '"a""b'),
    ],
)
def test_each_character_has_its_place_in_the_raw_value(raw, pattern, text):
    literal = Literal(raw, pattern)
    places = [literal.offset(i) for i in range(len(text) + 1)]
    assert places[-1] == len(raw)
    pieces = [raw[a:b] for a, b in pairwise(places)]
    decode = {JSON: lambda piece: json.loads(f'"{piece}"'), DOUBLED: lambda p: p.replace('""', '"')}
    assert [decode[pattern](piece) for piece in pieces] == list(text)


# --- names ---


@pytest.mark.parametrize(
    ("name", "kind", "output"),
    [
        ("a.txt", "text", "a.txt"),
        ("a.jsonl.zst", "jsonl", "a.jsonl.zst"),
        ("a.NDJSON", "jsonl", "a.NDJSON"),
        ("a.csv.gz", "csv", "a.csv.gz"),
        ("CC-0.warc.wet.gz", "warc", "CC-0.warc.wet.jsonl.gz"),
        ("a.warc", "warc", "a.warc.jsonl"),
        ("a.parquet", "parquet", "a.parquet"),
    ],
)
def test_the_suffix_tells_the_format(name, kind, output):
    assert format_of(name) == kind
    assert make(kind, Settings()).output_name(name) == output


@pytest.mark.parametrize("name", ["a.png", "a.html", "a.json", "README", "a.gz"])
def test_other_suffixes_tell_none(name):
    assert format_of(name) is None
