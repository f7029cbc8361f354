//! Mode `full`: what each group and each scenario did by itself.

use loadd_metrics::{Summary, SummarySection};

use super::Page;

impl Page {
    /// The groups of scenario `default`, then the other scenarios with theirs.
    pub(super) fn parts(&self, summary: &Summary) -> String {
        let seconds = summary.elapsed.as_secs_f64();
        let mut out = String::new();
        for scenario in &summary.scenarios {
            if scenario.name == "default" {
                for group in &scenario.groups {
                    self.group(group, seconds, 0, &mut out);
                }
            }
        }
        for scenario in summary.scenarios.iter().filter(|one| one.name != "default") {
            self.titled(
                &format!("█ SCENARIO: {} ", scenario.name),
                scenario,
                seconds,
                0,
                &mut out,
            );
            for group in &scenario.groups {
                self.group(group, seconds, 1, &mut out);
            }
        }
        out
    }

    fn group(&self, group: &SummarySection, seconds: f64, depth: usize, out: &mut String) {
        let mark = if depth == 0 { "█" } else { "↳" };
        let title = format!("{mark} GROUP: {} ", group.name);
        self.titled(&title, group, seconds, depth, out);
        for inner in &group.groups {
            self.group(inner, seconds, depth + 1, out);
        }
    }

    fn titled(
        &self,
        title: &str,
        part: &SummarySection,
        seconds: f64,
        depth: usize,
        out: &mut String,
    ) {
        let indent = "  ".repeat(depth);
        out.push_str(&format!("\n{indent}  {title}\n\n"));
        for line in self.section(part, seconds).lines() {
            if !line.is_empty() {
                out.push_str(&indent);
            }
            out.push_str(line);
            out.push('\n');
        }
    }
}
