//! An explanation as lines for people.

use std::fmt;

use crate::explain::Explanation;
use crate::explain::facts::ExplainedAccess;
use crate::explain::facts::ExplainedFlow;
use crate::explain::facts::ExplainedOutput;
use crate::explain::facts::ExplainedWithheld;
use crate::explain::facts::Facts;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<String> = self
            .rules
            .iter()
            .map(|rule| format!("`{}` ({})", rule.name, rule.place))
            .collect();
        write!(f, "{}", self.outcome)?;
        if !rules.is_empty() {
            write!(f, " by {}", rules.join(", "))?;
        }
        writeln!(f)?;
        line(f, "role", &self.role)?;
        if let (Some(kind), Some(facts)) = (self.statement, &self.facts) {
            let kinds: Vec<&str> = facts.through.iter().copied().chain([kind]).collect();
            let class = facts.class;
            line(
                f,
                "statement",
                &format!("{} ({class})", kinds.join(", which carries ")),
            )?;
            line(f, "by default", facts.default)?;
            lines(f, facts, &self.shown)?;
        }
        list(f, "duties", &self.duties)?;
        if let Some(needs) = &self.needs {
            line(f, "needs", needs)?;
        }
        if let Some(error) = &self.error {
            line(f, "error", &error.text)?;
        }
        line(f, "next", &self.next)
    }
}

fn lines(f: &mut fmt::Formatter<'_>, facts: &Facts, shown: &[String]) -> fmt::Result {
    let accesses: Vec<String> = facts.accesses.iter().map(access).collect();
    list(f, "touches", &accesses)?;
    list(f, "calls", &called(facts))?;
    let columns = facts.columns.iter().enumerate();
    let columns: Vec<String> = columns
        .map(|(index, column)| output(column, shown.get(index)))
        .collect();
    list(f, "shows", &columns)?;
    let influences: Vec<String> = facts
        .influences
        .iter()
        .map(|one| {
            let protected = if one.protected { ", protected" } else { "" };
            format!(
                "{} by {} ({}{protected})",
                one.column, one.place, one.strength
            )
        })
        .collect();
    list(f, "steers", &influences)?;
    let flows: Vec<String> = facts.flows.iter().map(flow).collect();
    list(f, "writes", &flows)?;
    if let Some(filter) = facts.filter {
        line(f, "condition", filter)?;
    }
    list(f, "effects", &facts.effects)?;
    let withheld: Vec<String> = facts.withheld.iter().map(withheld).collect();
    list(f, "withheld", &withheld)
}

fn list(f: &mut fmt::Formatter<'_>, label: &str, items: &[String]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        line(f, if index == 0 { label } else { "" }, item)?;
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    writeln!(f, "  {label:<10} {text}")
}

fn access(access: &ExplainedAccess) -> String {
    let mut text = format!("{} {}", access.verb, access.object);
    let starred = |column: &String| match access.protected.contains(column) {
        true => format!("{column}*"),
        false => column.clone(),
    };
    if !access.columns.is_empty() {
        let columns: Vec<String> = access.columns.iter().map(starred).collect();
        text.push_str(&format!(" ({})", columns.join(", ")));
    }
    if access.temporary {
        text.push_str(", a temporary table");
    }
    if let Some(view) = &access.via {
        text.push_str(&format!(" through view {view}"));
    }
    if !access.protected.is_empty() {
        text.push_str("   * protected");
    }
    text
}

fn called(facts: &Facts) -> Vec<String> {
    let mut called = Vec::new();
    if !facts.functions.is_empty() {
        called.push(facts.functions.join(", "));
    }
    if !facts.routines.is_empty() {
        called.push(format!("routines {}", facts.routines.join(", ")));
    }
    if !facts.variables.is_empty() {
        called.push(format!("variables @@{}", facts.variables.join(", @@")));
    }
    called
}

fn output(column: &ExplainedOutput, shown: Option<&String>) -> String {
    let from = match (&column.bare, column.sources.is_empty()) {
        (Some(bare), _) => bare.clone(),
        (None, true) => "computed from nothing stored".to_owned(),
        (None, false) => format!("computed from {}", column.sources.join(", ")),
    };
    match shown {
        Some(shown) => format!("{} {from}: {shown}", column.position),
        None => format!("{} {from}", column.position),
    }
}

fn flow(flow: &ExplainedFlow) -> String {
    let from = match (flow.literal, flow.sources.is_empty()) {
        (true, _) => "a value of the statement".to_owned(),
        (false, true) => "nothing stored".to_owned(),
        (false, false) => flow.sources.join(", "),
    };
    format!("{} from {from}", flow.target)
}

fn withheld(withheld: &ExplainedWithheld) -> String {
    let ExplainedWithheld {
        construct,
        hint,
        lifted_by,
    } = withheld;
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{construct}: {lifted_by}{hint}")
}
