"""Bytes to text and back without loss: which encoding a file is in, and decoding that proves it."""

import codecs
import re

from contentfilter.files import NotUtf8Error, decode

SAMPLE = 1 << 18  # bytes that an encoding is recognised by

# With fewer bytes beyond ASCII than this, one double-byte encoding reads like another.
_EVIDENCE = 16
# A UTF-8 file that was damaged here and there is still UTF-8: up to this share of bad bytes.
_DAMAGED = 0.05

# What a name that is met stands for: the superset that decodes more and encodes back the same.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5",
    "cp950": "big5",
    "euc_jp": "euc_jp",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "ascii": "utf-8",
    "utf_8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf_8_sig": "utf-8",
}
# Only these are taken on trust: a guess at a single-byte encoding fits every file.
_TRUSTED = frozenset("gb18030 big5 big5hkscs euc_jp cp932 cp949 utf_16_le utf_16_be".split())
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),  # begins like the one of UTF-16
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)


def known(name: str) -> str:
    """Return the codec that a declared encoding is read with.

    >>> known("GB2312"), known("Big5"), known("UTF8")
    ('gb18030', 'big5', 'utf-8')

    Raises ``LookupError`` if there is no such encoding of text.
    """
    found = codecs.lookup(name)
    if not found._is_text_encoding:
        raise LookupError(f"{name} is not an encoding of text")
    normal = found.name.replace("-", "_")
    return _SUPERSETS.get(normal, _SUPERSETS.get(found.name, normal))


def declared(html: bytes) -> str | None:
    """Return the encoding that a ``meta`` element of a page names, if there is such a codec.

    >>> declared(b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">')
    'gb18030'
    """
    found = _META.search(html[:4096])
    if not found:
        return None
    try:
        return known(found[1].decode("ascii"))
    except (LookupError, UnicodeDecodeError):
        return None


def recognise(sample: bytes) -> str:
    """Return the encoding of a file that begins with ``sample``; UTF-8 unless it cannot be.

    A byte order mark decides; then UTF-8 if all of the sample is, but for a few bad bytes; then
    what charset-normalizer finds, if that is an encoding of Chinese, Japanese or Korean.

    >>> recognise("昨日上午，专家对工程进行了验收。".encode("gbk"))
    'gb18030'
    """
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    beyond = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if not beyond or _bad_bytes(sample) <= _DAMAGED * beyond or beyond < _EVIDENCE:
        return "utf-8"
    return _detected(sample) or _detected(_sound_lines(sample)) or "utf-8"


def _bad_bytes(sample: bytes) -> int:
    """Return how many bytes of ``sample`` are not UTF-8; an end within a character is no error."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample)
    return sum(0xDC80 <= ord(character) <= 0xDCFF for character in text if character > "\ud7ff")


def _sound_lines(sample: bytes) -> bytes:
    """Return the lines that could be Chinese: one bad byte would rule out every encoding."""
    return b"\n".join(
        line for line in sample.split(b"\n") if _decodes(line, "gb18030") or _decodes(line, "big5")
    )


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _detected(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None:
        return None
    encoding = known(best.encoding)
    return encoding if encoding in _TRUSTED else None


def to_text(content: bytes, encoding: str) -> str:
    r"""Return ``content`` as text that `to_bytes` makes the very same bytes of.

    >>> to_text(b"\xb1\xea\xcc\xe2", "gb18030")
    '标题'

    Raises `NotUtf8Error` if it is not in ``encoding``, or would not come back the same.
    """
    if encoding == "utf-8":
        return decode(content)
    try:
        text = content.decode(encoding)
        same = text.encode(encoding) == content
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise NotUtf8Error(f"not {encoding}: offset {at}; name another --encoding") from error
    if not same:
        raise NotUtf8Error(f"{encoding} would not give the same bytes back")
    return text


def to_bytes(text: str, encoding: str) -> bytes:
    """Return ``text``, which came from `to_text`, in an encoding."""
    return text.encode(encoding)
