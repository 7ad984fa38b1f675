"""Limits what this process may take, where the system can."""

try:
    import resource
except ImportError:  # Windows
    resource = None


def limit_memory(most: int) -> None:
    """Let this process hold so many bytes at most, from now on; it leaves no core file."""
    if resource:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not _is_beyond(resource.RLIMIT_DATA, most):
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def allow(seconds: int) -> None:
    """Let this process work for so many CPU seconds, until the next call."""
    if resource:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        until = int(usage.ru_utime + usage.ru_stime) + seconds + 1
        if not _is_beyond(resource.RLIMIT_CPU, until):
            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _is_beyond(kind: int, limit: int) -> bool:
    _, most = resource.getrlimit(kind)
    return most != resource.RLIM_INFINITY and limit >= most
