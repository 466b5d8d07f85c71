"""What is drawn and reckoned from results."""

from __future__ import annotations

from bench.charts import CHARTS
from bench.plan import PARTS, plan

PAIRS = {
    "1,000 msg/s: delivery, p50": 4.0,
    "1,000 msg/s: delivery, p99": 12.0,
    **{f"{rate} msg/s: of that {part.kind}": cost for rate, cost in (("1,000", 100.0), ("4,000", 50.0)) for part in PARTS},
}
FIGURES = {
    "pairs": PAIRS,
    "stages": {"an entry is shown, 1 at a time: client": 60.0, "an entry is shown, 1 at a time: valkey": 40.0, "no stage of a way": 3.0},
    "scale": {"1 gateways, 1 routers: highest rate with nothing wrong and p99 <= 200 ms": 2000.0},
}


def test_the_same_figures_give_the_same_pictures_on_any_day() -> None:
    for name, drawings in CHARTS.items():
        for draw in drawings:
            drawn = draw(FIGURES[name])
            assert drawn == draw(FIGURES[name])
            assert b"enerated" not in drawn
            assert drawn.rstrip().endswith(b"</svg>")


def test_a_picture_shows_every_figure_that_it_is_made_of() -> None:
    (stages,) = CHARTS["stages"]
    drawn = stages(FIGURES["stages"]).decode()
    assert "an entry is shown" in drawn
    assert "100" in drawn  # client and server together
    assert "no stage" not in drawn


def test_a_plan_multiplies_what_was_measured() -> None:
    lines = plan(PAIRS, {"memory for an idle connection: edge": 10.0, "memory for an idle connection: web": 0.001})
    assert "| router | 50 us | 1 | 5.0 | 9 processes |" in lines
    assert "| cassandra | 50 us | 3 | 15.0 | 25 vCPU |" in lines
    assert lines[-1] == "Memory for 1,000,000 idle connections: edge 10 GB."
