//! Where everything of a chart is drawn, in units of which 390 are its width.

use proxycall_domain::{Language, figures::whole};

use super::{Chart, bar_class};

/// The whole drawing.
const WIDTH: f64 = 390.0;
const HEIGHT: f64 = 230.0;
/// What is left free for labels.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 6.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;
/// How much of its place a bar fills.
const FILLED: f64 = 0.72;
/// More labels than this would touch each other at 390 px.
const LABELS: usize = 8;

/// All that is drawn.
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) bars: Vec<Bar>,
    pub(super) grid: Vec<Level>,
    pub(super) labels: Vec<Text>,
    /// The points of the line, as `x,y x,y`; empty: there is none.
    pub(super) line: String,
    pub(super) dots: Vec<Dot>,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) label_y: String,
}

/// A part of a bar, with what it says when it is pointed at.
pub(super) struct Bar {
    pub(super) class: String,
    pub(super) opacity: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) says: String,
}

/// A line across, with its number.
pub(super) struct Level {
    pub(super) class: &'static str,
    pub(super) y: String,
    pub(super) text_y: String,
    pub(super) number: String,
}

/// A label below.
pub(super) struct Text {
    pub(super) x: String,
    pub(super) text: String,
}

/// A point of the line.
pub(super) struct Dot {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) says: String,
}

fn unit(at: f64) -> String {
    format!("{at:.1}")
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is not as fine as 2^52 steps")]
fn float(number: u64) -> f64 {
    number as f64
}

/// The number at the top: the first of 1, 2, 4, 6, 10 times a power of ten that holds all; its half is a whole number too.
pub(super) fn top_of(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [2, 4, 6, 10] {
            let top = power.saturating_mul(step);
            if top >= most || top == u64::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

pub(super) fn draw(chart: &Chart) -> Drawing {
    let count = chart.labels.len();
    let stack = |position| chart.series.iter().map(|series| series.value(position)).sum::<u64>();
    let line = |position| chart.line.as_ref().map_or(0, |line| line.value(position));
    let top = top_of((0..count).map(|position| stack(position).max(line(position))).max().unwrap_or_default());
    let plot = HEIGHT - TOP - BOTTOM;
    let y = |value: u64| TOP + plot * (1.0 - float(value) / float(top));
    let place = (WIDTH - LEFT - RIGHT) / float(u64::try_from(count.max(1)).unwrap_or(1));
    let x = |position: usize| LEFT + place * float(u64::try_from(position).unwrap_or_default());
    let says = |label: &str, name: &str, value: u64| {
        let colon = if chart.language == Language::Fr { "\u{a0}:" } else { ":" };
        format!("{label}{colon} {} {name}", whole(value, chart.language))
    };
    let mut drawing = Drawing {
        width: WIDTH,
        height: HEIGHT,
        bars: Vec::new(),
        grid: Vec::new(),
        labels: Vec::new(),
        line: String::new(),
        dots: Vec::new(),
        left: unit(LEFT),
        right: unit(WIDTH - RIGHT),
        label_y: unit(HEIGHT - 8.0),
    };
    for (value, class) in [(top, "chart-grid"), (top / 2, "chart-grid"), (0, "chart-axis")] {
        let (number, at) = (whole(value, chart.language), y(value));
        drawing.grid.push(Level { class, y: unit(at), text_y: unit(at + 4.0), number });
    }
    let every = count.div_ceil(LABELS).max(1);
    let mut points = Vec::new();
    for (position, label) in chart.labels.iter().enumerate() {
        let mut below = 0;
        for (part, series) in chart.series.iter().enumerate() {
            let value = series.value(position);
            if value > 0 {
                drawing.bars.push(Bar {
                    class: bar_class(part),
                    opacity: ["1", "0.6", "0.35", "0.2"].get(part).unwrap_or(&"0.2"),
                    x: unit(x(position) + place * (1.0 - FILLED) / 2.0),
                    y: unit(y(below + value)),
                    width: unit(place * FILLED),
                    height: unit(y(below) - y(below + value)),
                    says: says(&label.full, &series.name, value),
                });
            }
            below += value;
        }
        let middle = unit(x(position) + place / 2.0);
        if let Some(line) = &chart.line {
            let value = line.value(position);
            points.push(format!("{middle},{}", unit(y(value))));
            drawing.dots.push(Dot { x: middle.clone(), y: unit(y(value)), says: says(&label.full, &line.name, value) });
        }
        if position.is_multiple_of(every) {
            drawing.labels.push(Text { x: middle, text: label.short.clone() });
        }
    }
    drawing.line = points.join(" ");
    drawing
}
