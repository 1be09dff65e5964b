"""Every rank prints its number and its host.

mpiexec -n 4 --hosts node2,node3 python3 hello.py
"""

from mpi4py import MPI

world = MPI.COMM_WORLD
print(f"rank {world.rank} of {world.size} on {MPI.Get_processor_name()}", flush=True)
