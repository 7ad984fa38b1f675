"""What several tests share: the flights, the oracle's forest, and a walk down its trees."""

import resource
from contextlib import contextmanager

import numpy as np
import pytest


@pytest.fixture(scope="session")
def split():
    """X_train, X_test, y_train, y_test; shared, so do not modify them."""
    import flights

    parts = flights.split()
    for part in parts:
        part.flags.writeable = False
    return parts


@pytest.fixture(scope="session")
def forest():
    import oracle

    return oracle.grow()


@pytest.fixture(scope="session")
def walk():
    """leaf(tree, X, threshold): the node where each row ends, from scikit-learn's arrays alone."""

    def leaf(tree, X, threshold=None):
        nodes = tree.tree_
        threshold = nodes.threshold if threshold is None else threshold
        at = np.zeros(len(X), dtype=int)
        while (inner := nodes.children_left[at] >= 0).any():
            value = np.take_along_axis(X, np.maximum(nodes.feature[at], 0)[:, None], axis=1)[:, 0]
            left = value <= threshold[at]
            below = np.where(left, nodes.children_left[at], nodes.children_right[at])
            at = np.where(inner, below, at)
        return at

    return leaf


@pytest.fixture
def refused(capsys):
    """refused(main, argv): the one line on stderr with which a snippet ends with status 2."""

    def refuse(main, *argv):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in argv])
        assert end.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return refuse


@pytest.fixture
def small_disk():
    return _small_disk


@contextmanager
def _small_disk():
    """While open, no file may grow beyond 4 KiB, as on a full disk; not even pytest's own log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
