"""`python -m rwaledger.verifier`, with no other part of the package installed."""

import sys

from rwaledger.verifier.main import main

sys.exit(main(program="python -m rwaledger.verifier"))
