"""Served load against queueing theory: a simulated server, Poisson arrivals, one request at a time (M/D/1).

The server sleeps for its service time and notes how long that really was: from the end of the job before, where one
waited, else from its own beginning. The mean time from arrival to answer of an
M/D/1 queue with load r and service time s is `s + r s / (2 (1 - r))` (Erlang 1909); the percentiles come from Lindley's
recursion over the same arrivals and service times, which knows no clocks. Prints measured over theoretical figures: 1
is wanted.

    python benchmarks/served_load.py
"""

from __future__ import annotations

import queue
import threading
import time

import numpy as np

from ovopt.bench.request_loops import arrivals, send_off

SERVICE_S = 0.008
SECONDS = 20.0
LOADS = (0.3, 0.6, 0.8)


def main() -> None:
    print("load   service        mean   M/D/1 mean   measured / Lindley at  p50    p90    p99")
    for load in LOADS:
        times = arrivals(load / SERVICE_S, SECONDS, "poisson", np.random.default_rng(1))
        waits, services = serve(times)
        known = lindley(np.array(times), services)
        service, busy = services.mean(), services.sum() / times[-1]
        theory = service + busy * service / (2 * (1 - busy))
        ratios = "  ".join(f"{np.quantile(waits, q) / np.quantile(known, q):.3f}" for q in (0.5, 0.9, 0.99))
        print(
            f"{load:.1f}  {1e3 * service:6.2f} ms  {1e3 * waits.mean():7.2f} ms  {1e3 * theory:7.2f} ms {'':22}{ratios}"
        )


def serve(times: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from each scheduled arrival to its answer, and what each service took; first come, first served."""
    waiting: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
    waits, services = np.zeros(len(times)), np.zeros(len(times))

    def work() -> None:
        free = 0
        while (job := waiting.get()) is not None:
            index, scheduled = job
            began = free if scheduled <= free else time.perf_counter_ns()
            time.sleep(SERVICE_S)
            free = time.perf_counter_ns()
            services[index] = (free - began) / 1e9
            waits[index] = (free - scheduled) / 1e9

    server = threading.Thread(target=work)
    server.start()
    send_off(times, lambda index, scheduled: waiting.put((index, scheduled)))
    waiting.put(None)
    server.join()
    return waits, services


def lindley(times: np.ndarray, services: np.ndarray) -> np.ndarray:
    """Time in the system of each arrival: wait(n+1) = max(0, wait(n) + service(n) - gap)."""
    wait, before, found = 0.0, 0.0, []
    for gap, service in zip(np.diff(times, prepend=times[0]), services, strict=True):
        wait = max(0.0, wait + before - gap)
        found.append(wait + service)
        before = service
    return np.array(found)


if __name__ == "__main__":
    main()
