import os

import pytest

from contentfilter.files import NotUtf8Error, decode, identities, whole


def write_half(target):
    with whole(target) as path:
        path.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt


def test_decoding_keeps_every_character():
    text = "\ufeff標題\r\n\r正文\u2028\x00\n"
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("content", "offset"),
    [(b"\xff", 0), ("甲".encode() + b"\xe4\xb8", 3), (b"ab\xed\xa0\x80", 2), (b"a\xc0\x80", 1)],
)
def test_what_is_not_utf8_is_told_with_its_offset(content, offset):
    with pytest.raises(NotUtf8Error, match=f"at offset {offset};"):
        decode(content)


def test_a_file_is_whole_only_at_the_end(tmp_path):
    target = tmp_path / "out.txt"
    with whole(target) as path:
        path.write_text("new", encoding="utf-8")
        assert not target.exists()
    assert target.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_while_writing_keeps_what_was_there(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        write_half(target)
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_file_has_the_usual_mode(tmp_path):
    (tmp_path / "usual").touch()
    with whole(tmp_path / "new"):
        pass
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_directory_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError), whole(tmp_path):
        pass


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    target = tmp_path / "none" / "out.txt"
    with pytest.raises(FileNotFoundError) as caught, whole(target):
        pass
    assert caught.value.filename == str(target)


def test_two_names_of_one_file_have_one_identity(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.touch()
    second.hardlink_to(first)
    assert len(identities([str(first), str(second)])) == 1


def test_missing_files_and_devices_have_no_identity(tmp_path):
    assert identities([str(tmp_path / "none"), os.devnull, ""]) == set()
