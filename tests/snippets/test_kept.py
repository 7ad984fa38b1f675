"""What is slow to make is made once, again after any change, and whatever becomes of its file."""

import pickle

import pytest
from support import kept


@pytest.fixture
def made(tmp_path, monkeypatch):
    """made(): what a new process gets from a function that answers 1, 2, 3 … each time it runs."""
    snippets = tmp_path / "snippets"
    snippets.mkdir()
    (snippets / "one.py").write_text("1")
    monkeypatch.setattr(kept, "SNIPPETS", snippets)
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")
    runs = []

    def count():
        runs.append(None)
        return len(runs)

    def ask():
        kept.state.cache_clear()
        return kept.kept(count)()

    yield ask
    kept.state.cache_clear()


def files(tmp_path):
    return [path for path in (tmp_path / "kept").iterdir() if path.is_file()]


def test_it_is_made_once(made):
    assert [made(), made(), made()] == [1, 1, 1]


def test_it_is_shared_within_a_process(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", tmp_path)
    get = kept.kept(object)
    assert get() is get()


@pytest.mark.parametrize(("name", "text"), [("one.py", "2"), ("two.py", "")])
def test_another_snippet_makes_it_anew(name, text, made, tmp_path):
    assert made() == 1
    (tmp_path / "snippets" / name).write_text(text)
    assert [made(), made()] == [2, 2]
    assert len(files(tmp_path)) == 1, "the old one has gone"


@pytest.mark.parametrize("package", kept.PACKAGES)
def test_another_version_makes_it_anew(package, made, monkeypatch):
    assert made() == 1
    real = kept.version
    monkeypatch.setattr(kept, "version", lambda name: "0" if name == package else real(name))
    assert made() == 2


@pytest.mark.parametrize("content", [b"", pickle.dumps(1)[:-2], b"\x80\x05]K\x00b.", b"none"])
def test_a_damaged_file_is_made_anew(content, made, tmp_path):
    assert made() == 1
    (file,) = files(tmp_path)
    file.write_bytes(content)
    assert [made(), made()] == [2, 2]


def test_where_nothing_can_be_written_it_is_made_each_time(made, tmp_path):
    (tmp_path / "kept").write_text("a file in the way")
    assert [made(), made()] == [1, 2]
