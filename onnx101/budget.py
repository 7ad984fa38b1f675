"""What reading a file may cost: time in proportion to the bytes read, and bounded memory."""

from collections.abc import Callable

from onnx101.errors import ConversionError

# A step is half a microsecond. Real forests of the smallest trees need 2.5 steps a byte.
FREE_STEPS, STEPS_A_BYTE = 4_000_000, 3
# Limits in bytes: all small objects, all buffers, and the buffers of one tree.
MAX_OBJECTS, MAX_BUFFERS, MAX_TREE = 2**27, 2**25, 2**31
# The fixed cost of a tree: reading it, writing it, and its part of the graph.
TREE_STEPS, TREE_WEIGHT = 1_000, 300
# The deepest stack: real files need hundreds.
MAX_STACK = 1_000_000
# Emptied buffers that are kept for the next tree: how many, and their sizes.
_SPARE, _SPARE_SIZES = 2, range(2**17, 2**26)
# Instructions between two checks.
_LOOK = 100_000


class Budget:
    """Counts steps and bytes, and stops the reading when there are too many.

    shown: says how many bytes of the file have been read. bounded: False for a pickle that comes
    from our own memory.
    """

    def __init__(self, shown: Callable[[], int], bounded: bool = True):
        self._shown, self.bounded = shown, bounded
        self.steps = self.allowed = self.objects = self.buffers = 0
        self.tree_is_open = False
        self._spare: list[bytearray] = []

    def spend(self, steps: int) -> None:
        """Charge for work before it is done."""
        self.steps += steps
        if self.steps > self.allowed:
            self.look()

    def look(self) -> None:
        """Compare the steps with the bytes read so far."""
        if not self.bounded:
            self.allowed = self.steps + _LOOK
            return
        most = FREE_STEPS + STEPS_A_BYTE * self._shown()
        if self.steps > most:
            raise ConversionError(
                "the file takes more work than its size allows: if it is compressed, decompress it"
                " first; else load it and use onnx101.to_onnx"
            )
        self.allowed = min(most, self.steps + _LOOK)

    def hold(self, size: int) -> None:
        """Count an object of that many bytes; a negative number gives bytes back."""
        self.objects += size
        if self.objects > MAX_OBJECTS and self.bounded:
            raise ConversionError(
                f"what the file holds beside its arrays passes {MAX_OBJECTS >> 20} MB, enough for "
                "30,000 trees: load it and use onnx101.to_onnx"
            )

    def has_room(self, size: int) -> bool:
        """Whether a buffer of that many bytes outside a tree may be held."""
        return not self.bounded or self.tree_is_open or self.buffers + size <= MAX_BUFFERS

    def hold_buffer(self, size: int) -> None:
        """Count a buffer until it is released."""
        self.buffers += size
        if self.buffers > MAX_TREE + MAX_BUFFERS and self.bounded:
            raise ConversionError("a tree of more than 2 GiB: train with max_leaf_nodes")

    def spare(self, size: int) -> bytearray:
        """The memory of a released buffer of nearly that size; else none yet.

        The system would have to find it again, page by page, which takes longer than reading.
        """
        for place, memory in enumerate(self._spare):
            if 3 * len(memory) <= 4 * size <= 5 * len(memory):
                return self._spare.pop(place)
        return bytearray()

    def release(self, buffer: memoryview | bytearray) -> None:
        """Empty a buffer, even if something else refers to it."""
        size = len(buffer)
        try:
            if isinstance(buffer, bytearray):
                buffer.clear()
            else:
                memory = buffer.obj
                buffer.release()
                if len(memory) in _SPARE_SIZES:
                    self._spare = [*self._spare, memory][-_SPARE:]
        except BufferError:
            raise ConversionError("two arrays share their bytes: a damaged file") from None
        self.buffers -= size
