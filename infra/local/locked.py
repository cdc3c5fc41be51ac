"""Runs a command while no other holds a lock file: flock(1), which macOS lacks.

usage: locked.py FILE COMMAND [ARGUMENT ...]
"""
import fcntl
import subprocess
import sys

with open(sys.argv[1], "w", encoding="ascii") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    sys.exit(subprocess.call(sys.argv[2:]))
