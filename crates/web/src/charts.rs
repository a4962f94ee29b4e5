//! Charts that the server draws: pure functions from figures to SVG, and to the same figures as a table.
//!
//! Promises: a chart says in words what it shows (`<title>`, `<desc>`, and a table with every figure), runs no code, has no
//! inline style (our pages' policy forbids it), and can be read at 390 px: that is how wide its own units are.
//!
//! Colours and type come from the page's style sheet, by these classes:
//!
//! | class | what |
//! |---|---|
//! | `chart` | the `<figure>`; its `<svg>` fills the width |
//! | `chart-legend` | the list of series below; each item's `<svg>` shows the colour |
//! | `chart-figures` | the `<details>` with the table; `chart-table` the table itself |
//! | `chart-grid` | a line across, set `stroke` |
//! | `chart-axis` | the line that bars stand on, set `stroke` |
//! | `chart-label` | text at the axes, set `fill` |
//! | `chart-bar series-1` … `series-4` | parts of the bars, set `fill` |
//! | `chart-line`, `chart-dot` | the line (set `stroke`, `fill: none`) and its points (set `fill`) |
//!
//! Without a style sheet all is drawn in the text's own colour, in steps of opacity: readable, if plain.

mod geometry;
mod weekly;

use std::fmt;

use askama::{Template, filters::HtmlSafe};
use proxycall_domain::{Language, figures::whole};

pub use weekly::{week_by_day, week_by_hour};

use geometry::{Drawing, draw};

/// Text that a template writes as it is: escaping is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// What a bar is of: `Mon` below it, `Monday` wherever there is room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// In short.
    pub short: String,
    /// In full.
    pub full: String,
}

/// Figures of one kind, one for each label; what is missing is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// The figures.
    pub values: Vec<u64>,
}

impl Series {
    fn value(&self, position: usize) -> u64 {
        self.values.get(position).copied().unwrap_or_default()
    }
}

/// Bars of stacked series, and a line over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Tells its parts from those of other charts on a page: small letters and `-`.
    pub id: &'static str,
    /// What it is.
    pub title: String,
    /// What it shows, in a sentence.
    pub description: String,
    /// What the labels are: `Day`.
    pub of: String,
    /// One for each bar.
    pub labels: Vec<Label>,
    /// The parts of each bar, the lowest first: four at most have a colour of their own.
    pub series: Vec<Series>,
    /// A line over the bars, by the same scale.
    pub line: Option<Series>,
    /// In which language numbers and words are.
    pub language: Language,
}

/// One row of the table.
struct Row<'a> {
    label: &'a str,
    figures: Vec<String>,
}

/// An item of the legend.
struct Key<'a> {
    class: String,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "charts/drawing.svg", escape = "html")]
struct Svg<'a> {
    chart: &'a Chart,
    drawing: &'a Drawing,
}

#[derive(Template)]
#[template(path = "charts/table.html")]
struct Table<'a> {
    chart: &'a Chart,
    heads: Vec<&'a str>,
    rows: Vec<Row<'a>>,
}

#[derive(Template)]
#[template(path = "charts/figure.html")]
struct Figure<'a> {
    chart: &'a Chart,
    svg: Markup,
    table: Markup,
    keys: Vec<Key<'a>>,
    show_figures: &'a str,
}

/// What a template gives. Only a broken one fails, and tests keep those in the workshop.
fn markup(template: &impl Template) -> Markup {
    Markup(template.render().unwrap_or_default())
}

impl Chart {
    /// The drawing alone.
    #[must_use]
    pub fn svg(&self) -> Markup {
        markup(&Svg { chart: self, drawing: &draw(self) })
    }

    /// The same figures as a table.
    #[must_use]
    pub fn table(&self) -> Markup {
        let all = || self.series.iter().chain(&self.line);
        let figures = |position| all().map(|series| whole(series.value(position), self.language)).collect();
        let labels = self.labels.iter().enumerate();
        let rows = labels.map(|(position, label)| Row { label: &label.full, figures: figures(position) }).collect();
        markup(&Table { chart: self, heads: all().map(|series| series.name.as_str()).collect(), rows })
    }

    /// All of it: title, drawing, legend, and the table to be opened.
    #[must_use]
    pub fn figure(&self) -> Markup {
        let bars = self.series.iter().enumerate();
        let keys = bars.map(|(position, series)| Key { class: bar_class(position), name: &series.name });
        let line = self.line.iter().map(|series| Key { class: "chart-dot".to_owned(), name: &series.name });
        let show_figures = match self.language {
            Language::Fr => "Voir les chiffres",
            Language::En => "Show the figures",
        };
        let (svg, table) = (self.svg(), self.table());
        markup(&Figure { chart: self, svg, table, keys: keys.chain(line).collect(), show_figures })
    }
}

/// The classes of a part of a bar.
fn bar_class(position: usize) -> String {
    format!("chart-bar series-{}", position + 1)
}

#[cfg(test)]
mod tests;
