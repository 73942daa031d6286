import { describeHolds } from "../not-applicable.ts";
import type { Rule, RuleInfo, Stage } from "../rule.ts";

const STAGES: { readonly [S in Stage]: string } = {
  files: "the files alone",
  machine: "the machine",
  api: "the API server",
  running: "a node that runs",
};

/** A rule's page in the documentation, in Markdown. */
export function rulePage(rule: RuleInfo): string {
  const { id, title, severity, stages, places, symptom, why, fix, holds = [], provoked } = rule;
  return [
    `# ${id}: ${title}`,
    `A finding is ${severity === "error" ? "an error" : "a warning"}. Asked of ${listed(stages.map((stage) => STAGES[stage]))}.`,
    ...section("Where it looks", places.map((place) => `- ${place}`).join("\n")),
    ...section("What you would have seen", symptom),
    ...section("Why", why),
    ...section("What to do", fix),
    ...(holds.length === 0
      ? []
      : section(
          "Which versions",
          holds.map((one) => `- ${one.component} ${describeHolds(one)}`).join("\n"),
        )),
    ...section(
      "Seen on a machine",
      "how" in provoked ? provoked.how : `Not provoked by a test: ${provoked.not}`,
    ),
    "",
  ].join("\n");
}

function section(heading: string, text: string): readonly string[] {
  return ["", `## ${heading}`, "", text];
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

const FAMILIES: Readonly<Record<string, string>> = {
  A: "The runtime and the kubelet",
  B: "Units and host files",
  C: "The kubelet",
  D: "Pod networks",
  E: "kube-proxy and the kernel's networking",
  F: "The cluster, identities, machines",
  M: "Files by themselves",
};

/** The index of all pages, in Markdown. */
export function ruleIndex(rules: readonly Rule[]): string {
  const families = Map.groupBy(rules, ({ id }) => id.charAt(3));
  const tables = [...families].map(([letter, own]) =>
    [
      `## ${letter}: ${FAMILIES[letter] ?? letter}`,
      "",
      "| rule | finding | what has to hold | asked of |",
      "|---|---|---|---|",
      ...own.map(
        ({ id, severity, title, stages }) =>
          `| [${id}](${id}.md) | ${severity} | ${title.replaceAll("|", "\\|")} | ${stages.join(", ")} |`,
      ),
    ].join("\n"),
  );
  const head =
    "# The rules of `nodewright check`\n\nMade from the rules themselves by `bun scripts/docs.ts`.";
  return `${[head, ...tables].join("\n\n")}\n`;
}
