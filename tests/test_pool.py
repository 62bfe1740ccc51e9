import os
import signal
import time

import pytest

from contentfilter.pool import WorkerError, count, end_processes, ordered


def square(number):
    return number * number


def fail(number):
    raise ValueError(f"no {number}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs):
    done = list(ordered(square, range(50), lambda task: task, jobs))
    assert done == [(i, i * i) for i in range(50)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_few_tasks_are_taken_ahead_of_a_slow_consumer(jobs):
    taken = 0

    def tasks():
        nonlocal taken
        for number in range(1, 1000):
            taken = number
            yield number

    results = ordered(square, tasks(), lambda task: task, jobs)
    for consumed in range(1, 20):
        next(results)
        assert taken - consumed <= 4 * jobs
    results.close()


def test_two_runs_at_a_time_do_not_end_each_other():
    one, two = (ordered(square, range(40), lambda task: task, 2) for _ in range(2))
    pairs = list(zip(one, two, strict=True))
    assert pairs == [((i, i * i), (i, i * i)) for i in range(40)]


def test_an_error_of_a_process_ends_the_work():
    with pytest.raises(ValueError, match="no 0"):
        list(ordered(fail, range(50), lambda task: task, 2))


def vanish(number):
    os._exit(number)


def test_a_process_that_is_gone_is_an_error_in_one_line():
    with pytest.raises(WorkerError, match="try fewer --jobs"):
        list(ordered(vanish, range(5), lambda task: task, 2))


def test_negative_numbers_count_from_that_of_cores():
    assert count(-1) >= 1
    assert count(-1000) == 1


def process(number):
    return os.getpid()


def test_the_next_run_finds_the_processes_of_the_last():
    one, two = ({pid for _, pid in ordered(process, range(20), int, 2)} for _ in range(2))
    assert len(one | two) <= 2


def test_a_process_that_was_killed_meanwhile_does_not_hurt_the_next_run():
    (_, victim), *_ = ordered(process, range(20), int, 2)
    os.kill(victim, signal.SIGKILL)
    time.sleep(0.5)
    assert [task for task, _ in ordered(square, range(9), int, 2)] == list(range(9))


def test_processes_that_were_ended_are_started_again():
    one = {pid for _, pid in ordered(process, range(20), int, 2)}
    end_processes()
    two = {pid for _, pid in ordered(process, range(20), int, 2)}
    assert one & two == set()
