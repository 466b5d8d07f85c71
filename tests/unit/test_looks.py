"""Two pictures of a view look alike or not: what the tests of browsers compare with."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.e2e import looks

SIZE = (360, 225)


def view(button_at: int = 40, ink: int = 30) -> Image.Image:
    """Return a page with a button."""
    picture = Image.new("RGB", SIZE, (250, 250, 250))
    ImageDraw.Draw(picture).rectangle((20, button_at, 140, button_at + 16), fill=(ink, ink, ink))
    return picture


def test_what_is_the_same_does_not_differ() -> None:
    assert looks.difference(view(), view()) == 0


def test_a_colour_that_nobody_tells_apart_does_not_differ() -> None:
    assert looks.difference(view(), view(ink=30 + looks.NOTICED // 2)) == 0


@pytest.mark.parametrize("other", [view(button_at=46), view(ink=120)])
def test_a_button_elsewhere_or_of_another_colour_differs_too_much(other: Image.Image) -> None:
    assert looks.difference(view(), other) > looks.ALLOWED


def test_another_size_is_another_picture() -> None:
    assert looks.difference(view(), view().resize((180, 112))) == 1


def test_a_picture_that_differs_or_is_new_is_kept_to_be_looked_at_and_forgotten_once_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "RIGHT", tmp_path)
    monkeypatch.setattr(looks, "MADE", tmp_path / "made")
    assert (looks.compare("view", view()) or "").startswith("view: 100.00% of a part of it looks different")
    (tmp_path / "made" / "view.webp").rename(tmp_path / "view.webp")
    assert looks.compare("view", view()) is None
    assert looks.compare("view", view(button_at=90)) is not None
    assert (tmp_path / "made" / "view.webp").exists()
    assert looks.compare("view", view()) is None
    assert not (tmp_path / "made" / "view.webp").exists()
