"""The labelled pages that the later stages learn from: clean, made, and hand-written ones."""

from collections.abc import Sequence

from contentfilter.training.dataset import Data, Settings, half_of, without_blocks
from contentfilter.training.first_stage import buckets_of
from contentfilter.training.seeds import Page, Seeds
from contentfilter.training.synthesis import Synthesis, add_block

# Genres whose documents are rows of unrelated things; few hacked pages are.
_LISTS = frozenset(
    "cantonese hot_topics idioms_dictionary name_lists news_titles place_school_lists quotes"
    " reviews word_lists".split()
)
_LIST_HOSTS = 0.25
# Short pages that were written to be hosts: so often beside the documents.
_ARTICLE_HOSTS = 10


def labelled_pages(
    seeds: Seeds, data: Data, half: int, settings: Settings
) -> list[tuple[Page, float]]:
    """Return labelled pages of one half with weights: clean, made, and hand-written ones."""
    buckets = buckets_of(half, data)
    random_state = settings.random_state + 11 + half
    synthesis = Synthesis(seeds, buckets, random_state, always=1)
    documents = [d for d in data.train if half_of(d.id) == half]
    negatives = [p.text for p in data.negatives if half_of(p.id) == half]
    written = [p for p in data.pages if half_of(p.id) == half]
    hosts = [
        d.text for d in documents if d.genre not in _LISTS or synthesis.rng.random() < _LIST_HOSTS
    ]
    articles = [text for text in data.articles if half_of(text) == half]
    hosts += negatives * 3 + [without_blocks(page) for page in written] * 3
    hosts += articles * _ARTICLE_HOSTS
    lines = _short_lines([d.text for d in documents])
    clean = [(d.text, 1.0) for d in documents]
    clean += [(text, 3.0) for text in negatives for _ in range(2)]
    clean += [(text, 3.0) for text in articles]
    clean += _look_alikes(synthesis, hosts, lines, settings.n_negative_pages // 2)
    pages = [(Page("", text, [], [], {}), weight) for text, weight in clean]
    pages += _injected_pages(synthesis, hosts, lines, settings.n_pages // 2)
    return pages + [(page, 3.0) for page in written for _ in range(3)]


def _look_alikes(
    synthesis: Synthesis, hosts: Sequence[str], lines: Sequence[Sequence[str]], count: int
) -> list[tuple[str, float]]:
    made = []
    for _ in range(count):
        text = synthesis.host(synthesis.rng.choice(hosts))
        if synthesis.chance(0.9):
            other = another(synthesis, lines)
            text = synthesis.with_legit(text, other) if synthesis.chance(0.6) else other
        made.append((text, 1.0))
    return made


def _injected_pages(
    synthesis: Synthesis, hosts: Sequence[str], lines: Sequence[Sequence[str]], count: int
) -> list[tuple[Page, float]]:
    made = []
    shares = synthesis.layouts["host"]
    for _ in range(count):
        if synthesis.chance(shares["alone"]):
            made.append((synthesis.page_alone(), 1.0))
            continue
        host = synthesis.host(synthesis.rng.choice(hosts))
        if synthesis.chance(shares["tiny"]):
            host = synthesis.tiny(host)
        if not host.strip():
            continue
        if synthesis.chance(synthesis.layouts["host"]["legit_list"]):
            host = synthesis.with_legit(host, another(synthesis, lines))
        page = synthesis.page(host)
        if synthesis.chance(0.1):
            page = add_block(synthesis, page)
        made.append((page, 1.0))
    return made


def another(synthesis: Synthesis, lines: Sequence[Sequence[str]]) -> str:
    """Return a legitimate text in the shape or the words of a block."""
    if synthesis.chance(0.6):
        return synthesis.look_alike()
    return synthesis.legit_list(synthesis.rng.choice(lines))


def _short_lines(documents: Sequence[str]) -> list[list[str]]:
    """Return groups of short legitimate phrases: what lists are made of."""
    groups = []
    for text in documents:
        for separator in ("\n", "、", ",", "，", " ", "|", "/", "·", "-", "_"):
            items = [part.strip() for part in text[:4000].split(separator)]
            items = [item for item in items if 2 <= len(item) <= 16]
            if len(items) >= 6:
                groups.append(items)
                break
    return groups or [["首页", "新闻", "产品", "联系我们", "关于", "招聘"]]
