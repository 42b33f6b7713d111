from rwaledger.audit.reconcile import reconcile
from tests.audit.seeding import SEEDS
def test_t(played, capsys):
    for n in (1,2,3,4,5,6,7,8,9,10,15):
        SEEDS[n](played)
    found = reconcile(played.database, played.node)
    with capsys.disabled():
        for b in found.breaks:
            if not b.follows_from: print("ROOT", b.check, b.break_class, b.instrument_id, b.holder_id, b.left, b.right, b.cause, b.summary[:100])
