"""One cleaner in many processes and threads: fork, spawn, and all threads at once at the start."""

import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

import contentfilter
from contentfilter import Cleaner, clean
from integration_tests.conformance import TEXTS, cleaned
from tests.examples import ROOT

PAGES = [text for text in TEXTS.values() if text is not None]
CLEANED = [cleaned(text) for text in PAGES]

THREADS = """
import sys, threading, warnings
warnings.simplefilter("ignore")
import jieba
import contentfilter
from contentfilter import model_file
page, expected = sys.stdin.buffer.read().decode().split("\\0")
start, results, loaded = threading.Barrier(8), [], []
def counted(function):
    def call(*arguments):
        loaded.append(function.__name__)
        return function(*arguments)
    return call
jieba.Tokenizer.get_dict_file = counted(jieba.Tokenizer.get_dict_file)
model_file.load = counted(model_file.load)
def work():
    start.wait()
    results.append(contentfilter.clean(page) == expected)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*sorted(loaded))
sys.exit(results != [True] * 8)
"""


@pytest.mark.parametrize("function", [clean, contentfilter.clean_batch])
def test_functions_are_pickled_by_name(function):
    stored = pickle.dumps(function)
    assert len(stored) < 100
    assert pickle.loads(stored) is function  # noqa: S301


def test_a_used_cleaner_pickles_as_its_configuration():
    cleaner = Cleaner(threshold=0.9)
    cleaner.clean(TEXTS["dirty"])
    stored = pickle.dumps(cleaner)
    assert len(stored) < 1000
    assert b"jieba" not in stored
    assert b"numpy" not in stored


def test_a_cleaner_pickles_alike_before_and_after_its_first_use():
    cleaner = Cleaner()
    before = pickle.dumps(cleaner)
    cleaner.clean(TEXTS["dirty"])
    assert pickle.dumps(cleaner) == before


# A process that has started threads (as joblib's may have, in a whole run of the tests) warns of
# a fork; what is forked here only cleans.
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_clean_alike(method):
    clean(TEXTS["dirty"])  # what is loaded here is there after a fork, and not after a spawn
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(clean, PAGES)) == CLEANED
        assert list(pool.map(Cleaner().clean, PAGES)) == CLEANED


def test_threads_that_all_ask_first_load_the_model_and_the_dictionary_once():
    page = f"{TEXTS['dirty']}\0{TEXTS['clean']}"
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        input=page.encode(),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    assert done.stdout.decode().split() == ["get_dict_file", "load"]
