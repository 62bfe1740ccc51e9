"""What a model is measured on: clean documents, hand-written pages, and pages made for it."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from contentfilter.evaluation import Case
from contentfilter.spans import Span, cut
from contentfilter.training.corpus import HELD_OUT_GENRES, Document
from contentfilter.training.seeds import HELD_OUT, Page, Seeds, bucket, read_pages
from contentfilter.training.synthesis import Synthesis

# Lists and word collections: a block in one of them is not the task.
_NO_HOSTS = frozenset(
    "cantonese catalogue_tv_anime hot_topics idioms_dictionary lang_en lang_ja lang_ko lang_other"
    " link_lists name_lists place_school_lists word_lists".split()
)
_SHORTEST_HOST = 10
# Forms of a block that are joined by its separator throughout.
_JOINED = ("line", "twice")
_EVERYTHING = frozenset(range(10))


def all_cases(
    seeds: Seeds,
    documents: Sequence[Document],
    paths: Sequence[Path],
    hold_out: bool,
    generated: int,
    random_state: int,
) -> dict[str, list[Case]]:
    """Return the cases by the name of their set.

    ``hold_out`` tells whether the model was trained with it: then words, seed pages and genres
    that were held out are measured, otherwise only what no model is trained on: test documents
    and the pages in ``paths``, and pages made from words that the model may know.
    """
    written = [page for path in paths for page in _pages(path)]
    kept = [document for document in documents if _unseen(document, hold_out)]
    hosts = [document.text for document in kept if _is_host(document, hold_out)]
    hosts = hosts or [cut(page.text, page.spans) for page in written]
    scripts = Scripts(seeds.directory)
    sets = {
        "clean documents": [_document_case(document) for document in kept],
        "hand-written": [page_case(page, scripts) for page in written],
    }
    if hold_out:
        held = [page for page in seeds.pages + seeds.negatives if bucket(page.id) in HELD_OUT]
        sets["seeds held out"] = [page_case(page, scripts) for page in held]
    synthesis = Synthesis(seeds, HELD_OUT if hold_out else _EVERYTHING, random_state)
    pages = generate(synthesis, hosts, generated)
    sets["generated"] = [page_case(page, scripts) for page in pages]
    return sets


def _pages(path: Path) -> Iterable[Page]:
    if not path.is_dir():
        return read_pages(path)
    files = sorted(path.glob("*.txt"))
    if not files:
        raise FileNotFoundError(f"no pages (.txt) in {path}")
    return [page for file in files for page in read_pages(file)]


def _unseen(document: Document, hold_out: bool) -> bool:
    """Whether no training looks at ``document``: dev documents choose the thresholds."""
    held = hold_out and document.genre in HELD_OUT_GENRES and document.split == "train"
    return bool(document.text.strip()) and (document.split == "test" or held)


def _is_host(document: Document, hold_out: bool) -> bool:
    held = not hold_out or document.genre in HELD_OUT_GENRES
    return held and document.genre not in _NO_HOSTS


def _document_case(document: Document) -> Case:
    return Case(document.id, document.text, (), (("genre", document.genre),))


def generate(synthesis: Synthesis, hosts: Sequence[str], count: int) -> list[Page]:
    """Return ``count`` pages with a block, made from passages of ``hosts``."""
    if not any(len(host.strip()) >= _SHORTEST_HOST for host in hosts):
        return []
    pages: list[Page] = []
    while len(pages) < count:
        host = synthesis.host(synthesis.rng.choice(hosts))
        if len(host.strip()) < _SHORTEST_HOST:
            continue
        page = synthesis.page(host)
        if page.spans:
            pages.append(page._replace(id=f"generated-{len(pages)}"))
    return pages


def page_case(page: Page, scripts: "Scripts") -> Case:
    """Return ``page`` as a case, in the groups that are told apart in reports."""
    facts = page.facts
    if not page.spans:
        return Case(page.id, page.text, (), (("kind", facts.get("kind", "-")),))
    groups = {("category", category) for category in page.categories}
    groups |= {(key, facts[key]) for key in ("layout", "form", "noise") if key in facts}
    if facts.get("form") in _JOINED:
        groups.add(("separator", facts["separator"]))
        groups.add(("phrases", _count_of_phrases(page)))
    groups.add(("lines", "of its own" if _has_own_lines(page) else "shared with the page"))
    block = scripts.of("".join(page.text[start:end] for start, end in page.spans))
    groups.add(("script", f"{block} block, {scripts.of(cut(page.text, page.spans))} page"))
    return Case(page.id, page.text, page.spans, tuple(sorted(groups)))


def _count_of_phrases(page: Page) -> str:
    """Return whether a block of joined phrases has few of them, as far as its separators show."""
    start, end = page.spans[0]
    separator = page.facts["separator"]
    phrases = page.text[start:end].split(separator)
    return "2 to 4" if sum(bool(phrase.strip()) for phrase in phrases) <= 4 else "5 and more"


def _has_own_lines(page: Page) -> bool:
    return not any(_shares_line(page.text, span) for span in page.spans)


def _shares_line(text: str, span: Span) -> bool:
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    after = text[span.end :].partition("\n")[0]
    return bool(before.strip() or after.strip())


class Scripts:
    """Tells Simplified from Traditional text by the marks in ``seeds/folding``."""

    def __init__(self, directory: Path) -> None:
        self._marks = _marks(directory / "folding" / "script_marks.tsv")

    def of(self, text: str) -> str:
        """Return the script with more marks in ``text``: hans, hant, or any if there are none."""
        counts = {
            script: sum(c in marks for c in text) for script, marks in sorted(self._marks.items())
        }
        return max(counts, key=lambda script: counts[script]) if any(counts.values()) else "any"


@cache
def _marks(path: Path) -> dict[str, frozenset[str]]:
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    return {script: frozenset(marks) for script, _, marks in (row.partition("\t") for row in rows)}
