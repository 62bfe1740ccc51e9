"""The gate: the released model is no worse on ``quality/`` than what ``pin_quality`` pinned."""

import pytest

from tests.pin_quality import FLOORS, digest, figures, files, is_worse, read_floors, report

pytestmark = pytest.mark.skipif(
    not FLOORS.exists(), reason="no floors are pinned; run: python -m tests.pin_quality --pin"
)


def worst(count=5):
    return "\n".join(
        f"{f.id}: lost {f.wrongly_removed}, left {f.left}" for f in report().failures[:count]
    )


def test_the_floors_were_pinned_on_these_pages():
    assert read_floors()["digest"] == digest(), "pages changed: run python -m tests.pin_quality"


@pytest.mark.parametrize("name", ["clean_changed", "precision", "recall", "perfect"])
def test_no_figure_is_worse_than_its_floor(name):
    assert not is_worse(name, figures()[name], read_floors()[name]), worst()


def test_there_are_pages_with_blocks_and_texts_without():
    assert len(files()) > 1
    assert report().total.pages > 100
    assert report().total.clean > 100
