"""Legitimate text is read from JSON Lines, and what is wrong with it is said plainly."""

import bz2
import gzip
import json
import lzma
from collections import Counter

import pytest

from contentfilter.errors import SeedFormatError
from contentfilter.training.corpus import Document, may_ship, read_corpus, seed_documents
from contentfilter.training.seeds import Seeds
from tests.examples import SEEDS


@pytest.fixture
def corpus(tmp_path):
    """Write files of records, and return the documents that are read back."""

    def read(**files):
        for name, rows in files.items():
            lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_corpus(tmp_path)

    return read


def test_a_record_needs_nothing_but_text(corpus):
    (document,) = corpus(news=[{"text": "正文"}])
    assert (document.text, document.genre, document.id) == ("正文", "news", "news/1")


def test_what_a_record_says_is_used(corpus):
    record = {"id": "a1", "text": "正文", "split": "dev", "license": "CC0"}
    assert corpus(news=[record]) == [Document("a1", "news", "dev", "CC0", "正文")]


def test_files_are_read_in_the_order_of_their_names(corpus):
    documents = corpus(b=[{"text": "2"}], a=[{"text": "1"}])
    assert [document.text for document in documents] == ["1", "2"]


@pytest.mark.parametrize(("suffix", "module"), [("xz", lzma), ("gz", gzip), ("bz2", bz2)])
def test_compressed_files_are_read(tmp_path, suffix, module):
    path = tmp_path / f"news.jsonl.{suffix}"
    with module.open(path, "wt", encoding="utf-8") as stream:
        stream.write('{"text": "正文"}\n')
    assert [document.text for document in read_corpus(tmp_path)] == ["正文"]


def test_other_files_are_left_alone(corpus, tmp_path):
    (tmp_path / "README.md").write_text("no corpus", encoding="utf-8")
    assert len(corpus(news=[{"text": "正文"}])) == 1


def test_characters_that_end_a_line_elsewhere_do_not_end_a_record(corpus, tmp_path):
    (tmp_path / "news.jsonl").write_text('{"text": "甲\u2028乙"}\n', encoding="utf-8")
    assert [document.text for document in read_corpus(tmp_path)] == ["甲\u2028乙"]


def test_a_record_without_a_split_gets_one(corpus):
    documents = corpus(news=[{"text": str(n)} for n in range(500)])
    shares = Counter(document.split for document in documents)
    assert shares["train"] > 350
    assert min(shares["dev"], shares["test"]) > 25


def test_records_of_one_source_are_in_one_split(corpus):
    rows = [{"text": str(n), "id": str(n), "source": f"site#{n}"} for n in range(50)]
    assert len({document.split for document in corpus(news=rows)}) == 1


def test_the_split_of_a_record_does_not_depend_on_the_others(corpus):
    alone = corpus(news=[{"text": "甲", "id": "a7"}])
    assert corpus(news=[{"text": "乙"}, {"text": "甲", "id": "a7"}])[1].split == alone[0].split


@pytest.mark.parametrize("line", ["{", "[]", "3", '"text"', "{}", '{"body": "x"}', "null"])
def test_a_bad_record_is_named_by_file_and_line(corpus, line):
    with pytest.raises(SeedFormatError, match=r"news\.jsonl, line 2"):
        corpus(news=[{"text": "正文"}, line])


@pytest.mark.parametrize("text", [None, 3, ["正文"]])
def test_a_text_that_is_none_is_named_by_file_and_line(corpus, text):
    with pytest.raises(SeedFormatError, match=r"news\.jsonl, line 2"):
        corpus(news=[{"text": "正文"}, {"text": text}])


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "news.jsonl").write_bytes('{"text": "正文"}\n'.encode("gb18030"))
    with pytest.raises(SeedFormatError, match=r"news\.jsonl"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("suffix", ["xz", "gz", "bz2"])
def test_a_damaged_archive_is_named(tmp_path, suffix):
    (tmp_path / f"news.jsonl.{suffix}").write_bytes(b"not compressed")
    with pytest.raises(SeedFormatError, match=rf"news\.jsonl\.{suffix}"):
        read_corpus(tmp_path)


def test_a_directory_without_a_corpus_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match="jsonl"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("license", ["CC BY-NC 4.0", "CC BY-ND 3.0", "for research use only"])
def test_text_that_forbids_it_is_not_shipped(license):
    assert not may_ship(Document("a", "news", "train", license, ""))


@pytest.mark.parametrize("license", ["CC BY-SA 4.0", "CC0", "MIT", ""])
def test_other_text_may_be_shipped(license):
    assert may_ship(Document("a", "news", "train", license, ""))


def test_a_license_of_null_is_no_license(corpus):
    (document,) = corpus(news=[{"text": "正文", "license": None}])
    assert may_ship(document)


@pytest.fixture(scope="module")
def from_seeds():
    return seed_documents(Seeds(SEEDS))


def test_seeds_hold_legitimate_text_to_start_from(from_seeds):
    assert len(from_seeds) > 360
    assert {document.split for document in from_seeds} >= {"train", "dev"}


def test_documents_from_seeds_hold_no_blocks(from_seeds):
    seeds = Seeds(SEEDS)
    left = [
        page.id
        for page, document in zip(seeds.pages, from_seeds, strict=False)
        if any(page.text[a:b] in document.text for a, b in page.spans if b - a > 12)
    ]
    assert left == []
