"""Loading once: by threads that ask together, after an error, and after a fork."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from contentfilter.once import load_once

WAIT = 10  # seconds; a test that waits for ever would tell nothing


def test_each_key_is_loaded_once():
    loaded = []
    load = load_once(lambda key: loaded.append(key) or len(loaded))
    assert [load("a"), load("b"), load("a")] == [1, 2, 1]
    assert loaded == ["a", "b"]


def test_threads_that_ask_together_load_once():
    loaded, all_there = [], threading.Barrier(8)

    @load_once
    def load(key):
        loaded.append(key)
        threading.Event().wait(0.05)  # the others come meanwhile
        return object()

    def ask(_):
        all_there.wait(WAIT)
        return load("key")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))
    assert loaded == ["key"]
    assert len(found) == 1


def test_an_error_is_not_kept():
    tries = []

    @load_once
    def load(key):
        tries.append(key)
        if len(tries) == 1:
            raise OSError("not there yet")
        return "loaded"

    with pytest.raises(OSError, match="not there yet"):
        load("key")
    assert load("key") == "loaded"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_forked_while_a_thread_loads_can_load():
    loading, done = threading.Event(), threading.Event()

    @load_once
    def load(key):
        if os.getpid() == parent:
            loading.set()
            done.wait(WAIT)
        return key

    parent = os.getpid()
    thread = threading.Thread(target=load, args=("key",))
    thread.start()
    assert loading.wait(WAIT)
    child = os.fork()
    if child == 0:
        signal.alarm(WAIT)  # ends the child if the lock is held for ever
        os._exit(load("key") != "key")
    _, status = os.waitpid(child, 0)
    done.set()
    thread.join(WAIT)
    assert status == 0
