"""From scores to blocks, and how much of the page a block takes along."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.decoding import (
    N_BLOCK_FEATURES,
    SWITCH_AT_LINE,
    SWITCH_IN_LINE,
    Candidate,
    describe_blocks,
    extent,
    is_encoded,
    label,
    with_blank_lines,
)
from contentfilter.features import NAMES
from contentfilter.fluency import Sides
from contentfilter.passages import divide
from contentfilter.quoting import Beside
from contentfilter.segmentation import Segments
from contentfilter.spans import cut
from contentfilter.subjects import MOST_SUBJECTS
from tests.examples import BODY, SPAM, TITLE, blank_fluency, page_of, segments_of, without


def labelled(logits, line=None):
    line = np.zeros(len(logits), np.int64) if line is None else np.array(line)
    return [tuple(run) for run in label(np.array(logits, float), line)]


def test_a_whole_run_is_one_candidate():
    assert labelled([5, 5, 5]) == [(0, 2)]


def test_kept_segments_are_no_candidate():
    assert labelled([-5, -5, -5]) == []


def test_two_runs_far_apart_are_two_candidates():
    assert labelled([9, 9, -9, -9, 9, 9]) == [(0, 1), (4, 5)]


def test_a_lone_doubtful_segment_among_kept_ones_stays():
    assert labelled([-5, 2 * SWITCH_IN_LINE - 0.1, -5]) == []


def test_a_lone_certain_segment_among_kept_ones_goes():
    assert labelled([-5, 2 * SWITCH_IN_LINE + 0.1, -5]) == [(1, 1)]


def test_a_plain_segment_within_a_block_goes_with_it():
    assert labelled([5, -2 * SWITCH_IN_LINE + 0.1, 5]) == [(0, 2)]


def test_a_block_may_start_with_a_line_at_less_cost():
    logit = SWITCH_IN_LINE + SWITCH_AT_LINE - 0.1
    assert labelled([-5, logit, -5], [0, 0, 0]) == []
    assert labelled([-5, logit, -5], [0, 1, 2]) == [(1, 1)]


def score_of(labels, logits, costs):
    changes = np.flatnonzero(np.diff(labels, prepend=False))
    inner = sum(costs[i] for i in changes if i)
    ends = SWITCH_AT_LINE * (int(labels[0]) + int(labels[-1]))
    return sum(logits[i] for i in range(len(labels)) if labels[i]) - inner - ends


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 1)), min_size=1, max_size=8))
def test_the_labelling_is_the_best_of_all(rows):
    logits = [row[0] + 0.01 * i for i, row in enumerate(rows)]
    line = np.cumsum([row[1] for row in rows])
    costs = [SWITCH_AT_LINE if row[1] else SWITCH_IN_LINE for row in rows]
    found = np.zeros(len(rows), bool)
    for first, last in labelled(logits, line):
        found[first : last + 1] = True
    every = [[bool(n >> i & 1) for i in range(len(rows))] for n in range(1 << len(rows))]
    best = max(score_of(labels, logits, costs) for labels in every)
    assert score_of(found.tolist(), logits, costs) == pytest.approx(best)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (f"{SPAM}\n\n{TITLE}", TITLE),
        (f"{SPAM}\n{TITLE}", TITLE),
        (f"{SPAM}\n\n\n\n{TITLE}", TITLE),
        (f"{SPAM}\n \u3000\n{TITLE}", TITLE),
        (f"{SPAM}\r\n\r\n{TITLE}", TITLE),
        (f"{SPAM}\n\n    {TITLE}", f"    {TITLE}"),
        (f"\n\n{SPAM}\n\n{TITLE}", f"\n\n{TITLE}"),
        (f"    {SPAM}\n\n{TITLE}", TITLE),
        (f"• {SPAM}\n\n{TITLE}", TITLE),
        (f"{TITLE}\n\n{SPAM}\n\n{BODY}", f"{TITLE}\n\n{BODY}"),
        (f"{TITLE}\n{SPAM}\n{BODY}", f"{TITLE}\n{BODY}"),
        (f"{TITLE}\r\n\r\n{SPAM}\r\n\r\n{BODY}", f"{TITLE}\r\n\r\n{BODY}"),
        (f"{BODY}\n\n{SPAM}", BODY),
        (f"{BODY}\n\n{SPAM}\n", f"{BODY}\n"),
        (f"{BODY}\n\n{SPAM}\n\n\n", f"{BODY}\n"),
        (f"{BODY}\r\n\r\n{SPAM}\r\n", f"{BODY}\r\n"),
        (f"{BODY}\n{SPAM}", BODY),
        (SPAM, ""),
        (f"\n\n{SPAM}\n\n", ""),
    ],
)
def test_a_block_on_its_own_line_takes_the_blank_lines_behind_it(text, cleaned):
    assert without(text, SPAM) == cleaned


@pytest.mark.parametrize("end", ["  ", "\u3000", "\t"])
def test_blanks_behind_the_last_line_of_the_article_stay(end):
    assert without(f"{BODY}{end}\n\n{SPAM}", SPAM) == BODY + end


@pytest.mark.parametrize("joint", ["_", " ", " - ", "|", "丨", "，", "\u3000"])
@pytest.mark.parametrize("rest", ["", f"\n\n{BODY}", f"\r\n\r\n{BODY}"])
def test_a_title_before_a_block_on_its_line_stays_as_it_was(joint, rest):
    assert without(f"{TITLE}{joint}{SPAM}{rest}", SPAM) == TITLE + rest


@pytest.mark.parametrize("joint", ["_", " ", " - ", "|", "丨", "，", "\u3000"])
def test_a_title_behind_a_block_on_its_line_stays_as_it_was(joint):
    assert without(f"{SPAM}{joint}{TITLE}\n\n{BODY}", SPAM) == f"{TITLE}\n\n{BODY}"


@pytest.mark.parametrize("mark", ["。", "！", "……"])
@pytest.mark.parametrize("joint", ["", " ", "_"])
def test_the_stop_of_the_sentence_before_a_block_stays(mark, joint):
    assert without(f"{TITLE}{mark}{joint}{SPAM}\n{BODY}", SPAM) == f"{TITLE}{mark}\n{BODY}"


@pytest.mark.parametrize("mark", ["》", "”", "）"])
def test_the_closing_mark_before_a_block_stays(mark):
    assert without(f"{TITLE}{mark}_{SPAM}\n{BODY}", SPAM) == f"{TITLE}{mark}\n{BODY}"


def test_brackets_that_open_behind_a_block_stay():
    assert without(f"{SPAM} 《{TITLE}》\n{BODY}", SPAM) == f"《{TITLE}》\n{BODY}"


def test_a_block_between_two_parts_of_a_line_leaves_one_separator():
    assert without(f"{TITLE}_{SPAM}_水利局", SPAM) == f"{TITLE}_水利局"


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\f", "\v"])
def test_other_line_ends_stay_behind_the_title_of_a_block(end):
    assert without(f"{TITLE} {SPAM}{end}{BODY}", SPAM) == f"{TITLE}{end}{BODY}"


TAGS = '<ul id="k3x9a"><li id="k3x9a"></li></ul>'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("remnant", ["?", "？", " ?", TAGS, f"{TAGS} {TAGS}"])
def test_what_the_same_tool_left_behind_goes_with_the_block(remnant, end):
    text = f"{SPAM}{end}{remnant}{end}{end}{TITLE}{end}{BODY}"
    assert without(text, SPAM) == f"{TITLE}{end}{BODY}"


def test_a_question_mark_that_ends_the_block_goes_with_it():
    assert without(f"{SPAM} ?\n\n{TITLE}", SPAM) == TITLE


@pytest.mark.parametrize(
    "line",
    ["? 常见问题", "??", "<hr>", '<ul id="menu">', '<ul id="k3x9a"><li id="b7xq2"></li></ul>'],
)
def test_lines_that_only_resemble_remnants_stay(line):
    assert without(f"{SPAM}\n{line}\n{TITLE}", SPAM) == f"{line}\n{TITLE}"


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\0"])
def test_an_invisible_character_that_opens_the_next_line_stays(mark):
    assert without(f"{SPAM}\n{mark}{TITLE}", SPAM) == mark + TITLE


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\0"])
def test_a_block_behind_an_invisible_character_still_takes_its_blank_lines(mark):
    assert without(f"{mark}{SPAM}\n\n{TITLE}", SPAM).lstrip(mark) == TITLE


def test_a_block_of_entities_is_cut_whole():
    spam = "".join(f"&#x{ord(c):X};" if c != "_" else c for c in SPAM)
    assert without(f"{spam}\n\n{TITLE}", spam) == TITLE


lines = st.lists(st.sampled_from(["", " ", TITLE, BODY, "\r", "\u3000"]), max_size=8)


@given(lines, lines, st.sampled_from(["\n", ""]))
def test_widening_over_blank_lines_never_takes_a_worded_line(before, behind, end):
    head, tail = "".join(line + "\n" for line in before), "\n".join(behind)
    text = head + SPAM + ("\n" + tail + end if tail else end)
    start = len(head)
    stop = start + len(SPAM) + text.startswith("\n", start + len(SPAM))
    left = cut(text, [with_blank_lines(text, start, stop)])
    assert left.split() == (head + tail).split()


@pytest.mark.parametrize("mark", ["，", "、", "。"])
def test_a_sentence_goes_on_behind_a_block_that_was_set_into_it(mark):
    text = f"河道治理国产精品{mark}通过验收"
    page = page_of(text)
    segments, _ = divide(page, segments_of(text), {0: [4]})
    span = extent(text, page, 0, segments, Candidate(1, 1))
    assert cut(text, [span]) == f"河道治理{mark}通过验收"
    assert without(f"河道治理 国产精品{mark}通过验收", "国产精品").endswith(f"{mark}通过验收")


def test_a_block_between_separators_takes_one_of_them():
    assert without("河道，国产精品，治理", "国产精品") == "河道，治理"
    assert without("河道_国产精品_治理", "国产精品") == "河道_治理"


def test_lines_that_frame_a_block_go_with_it():
    frame = "━━━━━━━━"
    text = f"甲乙\n\n{frame}\n国产精品\n{frame}\n\n丙丁"
    assert without(text, "国产精品") == "甲乙\n\n丙丁"


@pytest.mark.parametrize("frame", ["--------", "========", "━━", "━━ 目录"])
def test_rules_that_may_be_the_page_s_own_stay(frame):
    assert without(f"{frame}\n国产精品\n{frame}\n丙丁", "国产精品") == f"{frame}\n{frame}\n丙丁"


def test_a_frame_beyond_a_blank_line_stays():
    assert without("━━━━\n\n国产精品\n\n━━━━", "国产精品") == "━━━━\n\n━━━━"


def test_a_zero_width_character_at_the_end_goes_with_a_block_that_has_more_of_them():
    assert without("河道_国\u200b产_精\u200b品\u200b", "国\u200b产_精\u200b品") == "河道"
    assert without("河道\n国\u200b产\u200b\n治理", "国\u200b产") == "河道\n治理"


def test_a_zero_width_character_behind_a_plain_block_stays():
    assert without("河道_国产精品\u200b", "国产精品") == "河道\u200b"


@given(st.data())
def test_runs_have_the_same_features_alone_and_among_others(data):
    segments = segments_of("国产_精品_在线\n河道治理工程\n免费、观看、视频、一区")
    n = len(segments)
    segments = Segments(*segments[:6], passage=segments.line)  # each line a passage of its own
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    X, topics = rng.normal(size=(n, len(NAMES))), rng.normal(size=(n, 3)).astype(np.float32)
    X[:, [NAMES.index("size"), NAMES.index("line_size")]] = rng.integers(1, 9, (n, 2))
    logits = rng.normal(size=n)
    runs = [Candidate(0, 1), Candidate(2, 2), Candidate(3, 3), Candidate(4, 6)]

    symbols = rng.integers(50, 60, (n, 2)).astype(np.uint16)
    around = Sides(*[symbols] * 5), blank_fluency()
    said = Beside(*rng.normal(size=(5, n, 2)), rng.random((n, 3)) > 0.5)

    def described(*runs):
        sizes, subjects = np.full(len(runs), 30), np.zeros((len(runs), MOST_SUBJECTS))
        return describe_blocks(runs, X, logits, topics, segments, sizes, around, subjects, said)

    assert described(*runs).shape == (len(runs), N_BLOCK_FEATURES)
    for i, run in enumerate(runs):
        assert (described(run)[0] == described(*runs)[i]).all()


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("%D9%84-%D8%A5%D9%84%D9%89-%D8%A7%D9%84/", True),
        ("5Zu95Lqn57K+5ZOB5LmF5LmFXzk3LVk2bHOqzMVh", True),
        ("国产精品在线_www.example/%E5%9B%BD", False),
        ("免费看100%高清_折扣50%起", False),
    ],
)
def test_bytes_in_letters_are_no_words(text, encoded):
    assert is_encoded(text) == encoded
