"""Sorts by swapping neighbours, and shows every pass."""


def bubble(numbers):
    for end in range(len(numbers) - 1, 0, -1):
        for i in range(end):
            # region swap
            a, b = numbers[i : i + 2]
            if a > b:
                numbers[i : i + 2] = b, a
            # endregion swap
        yield numbers


if __name__ == "__main__":
    for order in bubble([3, 1, 4, 2]):
        print(*order)
