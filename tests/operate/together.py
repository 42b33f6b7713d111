"""Runs one rwaledger command when told to: says `ready` when all is imported, and waits for a line on its input.

Usage: python together.py ARGUMENTS...

Two of these, told at once, run at once; without this one would be done before the other one has started.
"""

from __future__ import annotations

import sys

import rwaledger.chain.keys
import rwaledger.cli.holder
import rwaledger.cli.instruction
import rwaledger.cli.units
import rwaledger.operate.execute  # noqa: F401 - so that it need not be imported later
from rwaledger.cli.main import main

if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    main(sys.argv[1:])
