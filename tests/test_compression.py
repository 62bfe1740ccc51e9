import bz2
import gzip
import io
import lzma

import pytest
import zstandard

from contentfilter.compression import DAMAGE, SUFFIXES, Writer, reader

CONTENT = ("河道治理工程通过验收\n" * 20_000).encode()
OPEN = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda content: zstandard.ZstdDecompressor().stream_reader(content).read(),
}


def written(suffix, *parts, begun=False):
    """Return what is written for ``parts``, a member each."""
    stream = io.BytesIO()
    writer = Writer(stream, suffix, begun)
    for part in parts:
        writer.write(part)
        writer.end_member()
    writer.end()
    return stream.getvalue()


def read(content, suffix):
    return reader(io.BytesIO(content), suffix).read()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_programs_read_what_is_written(suffix):
    assert OPEN[suffix](written(suffix, CONTENT)) == CONTENT


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
def test_several_members_are_read_as_one(suffix):
    assert read(written(suffix, CONTENT, b"", b"more"), suffix) == CONTENT + b"more"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_begun_goes_on_as_if_never_left(suffix):
    whole = written(suffix, CONTENT, b"more")
    assert written(suffix, CONTENT) + written(suffix, b"more", begun=True) == whole
    assert written(suffix, CONTENT) + written(suffix, begun=True) == written(suffix, CONTENT)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_is_a_whole_file_of_nothing(suffix):
    assert written(suffix) != b""
    assert read(written(suffix), suffix) == b""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_cut_off_is_damaged(suffix):
    content = written(suffix, CONTENT)
    with pytest.raises(DAMAGE):
        read(content[: len(content) // 2], suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_something_else_is_damaged(suffix):
    with pytest.raises((*DAMAGE, OSError)):
        read(CONTENT[:1000], suffix)
