import pytest

from contentfilter.encodings import declared, known, recognise, to_bytes, to_text
from contentfilter.files import NotUtf8Error

HANS = "昨日上午，市水利局组织专家对河道治理工程进行了验收，各项指标均符合设计要求。"
HANT = "昨日上午，市水利局組織專家對河道治理工程進行了驗收，各項指標均符合設計要求。"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (HANS, "utf-8", "utf-8"),
        (HANS, "gbk", "gb18030"),
        (HANS + "㐀𠀀", "gb18030", "gb18030"),
        (HANT, "big5", "big5"),
        ("plain ASCII, nothing else", "ascii", "utf-8"),
        ("\ufeff" + HANS, "utf-8", "utf-8"),
        ("\ufeff" + HANS, "utf-16-le", "utf_16_le"),
        ("\ufeff" + HANS, "utf-16-be", "utf_16_be"),
        ("", "ascii", "utf-8"),
    ],
)
def test_the_encoding_of_a_page_is_recognised(text, encoding, found):
    assert recognise(text.encode(encoding)) == found


def test_a_utf8_file_with_a_bad_byte_is_still_utf8():
    assert recognise((HANS * 5).encode() + b"\xff\xfe" + HANS.encode()) == "utf-8"


def test_a_gbk_file_with_a_bad_line_is_still_gbk():
    assert recognise(f"{HANS}\n{HANS}\n".encode("gbk") + b"\xff\xff\xff\n") == "gb18030"


def test_a_sample_that_ends_within_a_character_is_still_utf8():
    assert recognise(HANS.encode()[:-1]) == "utf-8"


def test_a_few_bytes_are_no_evidence():
    assert recognise("标题\n".encode("gbk")) == "utf-8"


def test_a_western_encoding_is_not_guessed():
    assert recognise("Übergröße für Füße, größer als gewöhnlich\n".encode("latin-1")) == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf_16_le"])
def test_bytes_come_back_the_same(encoding):
    content = HANT.encode(encoding)
    assert to_bytes(to_text(content, encoding), encoding) == content


def test_bytes_of_another_encoding_are_an_error_with_their_place():
    with pytest.raises(NotUtf8Error, match="not gb18030: offset 2; name another --encoding"):
        to_text(b"ab\xff\xff", "gb18030")


def test_bytes_that_would_not_come_back_are_an_error():
    content = b"\x1b$B\x1b(B"  # shifts in and out of nothing
    with pytest.raises(NotUtf8Error, match="would not give the same bytes back"):
        to_text(content, "iso2022_jp")


@pytest.mark.parametrize(
    ("html", "encoding"),
    [
        (b'<meta charset="big5">', "big5"),
        (b"<META http-equiv=x content='text/html;charset=GBK'>", "gb18030"),
        (b'<meta charset="no-such-thing">', None),
        (b"<p>charset=gbk</p>", None),
    ],
)
def test_the_encoding_that_a_page_names_is_taken(html, encoding):
    assert declared(html) == encoding


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13"])
def test_what_is_no_encoding_of_text_is_an_error(name):
    with pytest.raises(LookupError):
        known(name)
