"""JavaScript in worker processes: `pool.py` is this side, `worker.py` and `prelude.js` are the other."""
