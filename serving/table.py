"""A table of Parquet files, in a folder or an object store; parts are written atomically."""

import os
from pathlib import Path

from pyarrow import fs

HIDDEN = (".", "_")  # prefixes of names that Parquet readers ignore


class Table:
    """The Parquet files at a path, s3:// or gs://: one file, or all below a folder.

    It can be pickled: it opens the store wherever it is. Its methods raise OSError, and creating it
    ValueError, with what the store says.
    """

    def __init__(self, address: str):
        self.address = address if "://" in address else os.path.abspath(address)
        self.fs, self.path = fs.FileSystem.from_uri(self.address)
        self.path = self.path.rstrip("/")

    def __reduce__(self):
        return Table, (self.address,)

    def files(self) -> list[fs.FileInfo]:
        """In the order of their paths. Raises OSError where there is no such place."""
        found = [self.fs.get_file_info(self.path)]
        if found[0].type == fs.FileType.NotFound:
            raise FileNotFoundError(None, "there is no such file or folder", self.address)
        if found[0].type == fs.FileType.Directory:
            found = self.fs.get_file_info(fs.FileSelector(self.path, recursive=True))
        seen = [file for file in found if file.is_file and not file.base_name.startswith(HIDDEN)]
        return sorted(
            (file for file in seen if file.extension == "parquet"), key=lambda file: file.path
        )

    def make(self) -> None:
        self.fs.create_dir(self.path)

    def has(self, name: str) -> bool:
        return self.fs.get_file_info(f"{self.path}/{name}").is_file

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None if it does not exist."""
        try:
            with self.fs.open_input_file(f"{self.path}/{name}") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file atomically; an object store shows an object only when complete."""
        path = f"{self.path}/{name}"
        local = isinstance(self.fs, fs.LocalFileSystem)
        beside = f"{self.path}/.{name}.{os.getpid()}" if local else path
        try:
            with self.fs.open_output_stream(beside) as file:
                file.write(content)
            if local:
                self.fs.move(beside, path)
        except OSError:
            if local:
                Path(beside).unlink(missing_ok=True)
            raise
