"""Counts the primes up to a number; each rank counts in its own range.

mpiexec -n 4 --hosts node2,node3 python3 prime.py 100000
"""

import sys
import time

from mpi4py import MPI

# Known counts (OEIS A006880).
KNOWN = {10**1: 4, 10**2: 25, 10**3: 168, 10**4: 1229, 10**5: 9592, 10**6: 78498, 10**7: 664579}


def ranges(limit, parts):
    """[first, end) of each part: larger numbers take longer, so later ranges are shorter."""
    edges = [2 + round((limit - 1) * (part / parts) ** (2 / 3)) for part in range(parts + 1)]
    return list(zip(edges, edges[1:]))


def is_prime(number):
    if number < 4:
        return number > 1
    if number % 2 == 0:
        return False
    divisor = 3
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 2
    return True


def main():
    world = MPI.COMM_WORLD
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    started = time.perf_counter()
    first, end = world.scatter(ranges(limit, world.size) if world.rank == 0 else None)
    count = sum(map(is_prime, range(first, end)))
    found = world.gather((MPI.Get_processor_name(), first, end, count))
    if world.rank != 0:
        return 0
    for rank, (host, first, end, count) in enumerate(found):
        print(f"rank {rank} on {host}: {count} primes from {first} to {end - 1}")
    total = sum(count for *_, count in found)
    print(f"{total} primes up to {limit}, by {world.size} ranks in {time.perf_counter() - started:.1f} s")
    if KNOWN.get(limit, total) != total:
        print(f"wrong: there are {KNOWN[limit]}")
        return 1
    return 0


sys.exit(main())
