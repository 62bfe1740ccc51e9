"""A cache for what takes long to load: threads that ask at the same time wait for one of them."""

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def load_once(load: Callable[[_Key], _Value]) -> Callable[[_Key], _Value]:
    """Return ``load`` with its results kept, one for each key.

    `functools.cache` would let eight threads load the same thing eight times. What ``load`` raises
    is raised to whoever asked, and kept for no one.
    """
    loaded: dict[_Key, _Value] = {}
    lock = threading.Lock()

    def renew() -> None:
        """Forget a lock that was held at a fork: the thread that would free it is not here."""
        nonlocal lock
        lock = threading.Lock()

    if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
        os.register_at_fork(after_in_child=renew)

    @wraps(load)
    def cached(key: _Key) -> _Value:
        try:  # first, and in one look: this is asked for each phrase, and long keys hash slowly
            return loaded[key]
        except KeyError:
            pass
        with lock:
            if key not in loaded:
                loaded[key] = load(key)
        return loaded[key]

    return cached
