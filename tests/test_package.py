import json
import logging
import re
import subprocess
import sys
from importlib import metadata

import pytest

import contentfilter

TRAINING = {"joblib", "scipy", "sklearn"}
HEAVY = TRAINING | {"jieba", "numpy", "tqdm"}
HACKED = "国产精品久久_亚洲综合一区二区_日韩无码在线_免费视频观看\\n\\n河道治理工程通过验收"


def loaded_after(code):
    """Return the heavy libraries that a fresh interpreter has loaded after ``code``."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, check=True)
    return HEAVY & set(json.loads(done.stderr))


def test_the_public_names_are_sorted_and_there():
    assert contentfilter.__all__ == sorted(contentfilter.__all__)
    assert all(hasattr(contentfilter, name) for name in contentfilter.__all__)


def test_the_public_names_are_complete():
    namespace = {}
    exec("from contentfilter import *", namespace)  # noqa: S102
    exported = {name for name in namespace if name != "__builtins__"}
    assert exported == {
        *("Block", "Cleaner", "Explanation", "SpamCleaner"),
        *("__version__", "clean", "clean_batch", "explain"),
    }


def test_dir_lists_names_that_are_not_loaded_yet():
    code = "import contentfilter; assert set(contentfilter.__all__) <= set(dir(contentfilter))"
    assert loaded_after(code) == set()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'purify'"):
        contentfilter.purify  # noqa: B018


def test_import_loads_nothing_heavy():
    assert loaded_after("import contentfilter") == set()


def test_help_loads_nothing_heavy():
    code = "from contentfilter.cli import main\nassert main(['clean', '--help']) == 0"
    assert loaded_after(code) == set()


def test_a_page_not_in_doubt_loads_numpy_alone():
    assert loaded_after("import contentfilter\ncontentfilter.clean('河道治理工程')") == {"numpy"}


def test_a_page_in_doubt_loads_nothing_of_training():
    code = f"import contentfilter\nassert contentfilter.explain('{HACKED}').blocks"
    assert loaded_after(code) == {"numpy", "jieba"}


def test_cleaning_a_batch_loads_nothing_of_training():
    code = "import contentfilter\ncontentfilter.clean_batch({'text': ['河道治理工程']})"
    assert loaded_after(code) == {"numpy"}


def test_only_the_transformer_loads_scikit_learn():
    assert "sklearn" in loaded_after("from contentfilter import SpamCleaner")


def test_the_package_keeps_quiet_unless_asked():
    handlers = logging.getLogger("contentfilter").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", contentfilter.__version__)


def test_the_version_is_that_of_the_distribution():
    try:
        assert metadata.version("contentfilter") == contentfilter.__version__
    except metadata.PackageNotFoundError:
        pytest.skip("contentfilter is not installed, only imported")
