"""Says which years have a day more."""

from packaging.version import Version  # any package, for the versions on the slide


def leap(year):
    # region rule
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    # endregion rule


if __name__ == "__main__":
    for year in (1600, 1700, 1996, 2023):
        print(year, leap(year))
    print(Version("1.0") < Version("2.0"))
