import { describe, expect, test } from "bun:test";
import type { CheckReport, Finding } from "../finding.ts";
import { formatReport } from "./mod.ts";
import { Quoter } from "./quote.ts";

/** Every line of a text as a report would quote it. */
function quoteAll(text: string): string {
  const quoter = new Quoter(() => text);
  const lines = text.split("\n").map((_, i) => ({ file: "f", line: i + 1, column: 1 }));
  return lines.flatMap((at) => quoter.quote(at)).join("\n");
}

describe("Quoter.quote()", () => {
  const at = (column: number) => ({ file: "f", line: 1, column });
  test.each([
    {
      name: "a column past the end",
      text: "abc",
      column: 9,
      want: ["    1 | abc", "      |    ^"],
    },
    {
      name: "control characters",
      text: "a\u001b[2Jb",
      column: 1,
      want: ["    1 | a?[2Jb", "      | ^"],
    },
    { name: "an empty line", text: "\nabc", column: 1, want: [] },
  ])("shows $name", ({ text, column, want }) => {
    expect(new Quoter(() => text).quote(at(column))).toEqual([...want]);
  });

  test("cuts a long line around the place", () => {
    const long = `${"a".repeat(5000)}X${"b".repeat(5000)}`;
    const [line = "", caret = ""] = new Quoter(() => long).quote(at(5001));
    expect(line.length).toBeLessThan(120);
    expect(line.charAt(caret.indexOf("^"))).toBe("X");
  });
});

describe("security 13: no secret is quoted", () => {
  const rows: readonly (readonly [name: string, text: string])[] = [
    ["a value", "client-key-data: SECRET\n"],
    ["the line after its key", "client-key-data:\n  SECRET\n"],
    ["a folded block", "token: >-\n  SECRET\n  SECRET\n"],
    ["the second line of a quoted value", 'token: "SECRET\n  SECRET two words"\n'],
    ["JSON with a line end in it", '{"password":\n"SECRET"}\n'],
    ["a key that is marked", "? client-key-data\n: SECRET\n"],
    ["PEM", "-----BEGIN EC PRIVATE KEY-----\nSECRET\n-----END EC PRIVATE KEY-----\n"],
    ["a TOML text of several lines", "password = '''\nSECRET\n'''\n"],
    ["a header of a registry", 'Authorization = ["Basic SECRET"]\n'],
    ["a variable", 'Environment="REGISTRY_PASSWORD=SECRET SECRET"\n'],
    ["a flag with a blank", "ExecStart=/usr/bin/x --token SECRET\n"],
    ["a proxy's user", "Environment=HTTPS_PROXY=http://user:SECRET@proxy:3128\n"],
  ];
  test.each(rows)("%s", (_name, text) => {
    expect(quoteAll(text)).toContain("***");
    expect(quoteAll(text)).not.toContain("SECRET");
  });

  test.each([
    "secret:\n  secretName: pull\n",
    "authorization:\n  mode: Webhook\n",
    "automountServiceAccountToken: false\n",
    "tokenFile: /var/lib/token\n",
    "authentication:\n  webhook:\n    enabled: true\n",
  ])("%j has none, and is quoted", (text) => {
    expect(quoteAll(text)).not.toContain("***");
  });
});

describe("security 7: a report grows with what it says, not with its files", () => {
  const finding: Finding = {
    rule: "NW-A01",
    severity: "error",
    title: "The kubelet and runc use the same cgroup driver",
    message: "They differ",
    locations: [],
    fix: "Make them the same",
  };
  const reportOf = (findings: readonly Finding[]): CheckReport => ({
    ...{ nodes: ["node-0"], notApplicable: [], suppressed: [], unread: [], rulesApplied: 1 },
    findings,
  });
  const many = (count: number, file: string): Finding[] =>
    Array.from({ length: count }, (_, i) => ({
      ...finding,
      message: `Finding ${i}`,
      locations: [{ file, line: file === "one-line" ? 1 : i + 1, column: i + 1 }],
    }));
  const texts: Readonly<Record<string, string>> = {
    "many-lines": "10.0.0.1 node node 10.200.0.0/24\n".repeat(20_000),
    "one-line": "a token here ".repeat(25_000),
  };

  test.each(["many-lines", "one-line"])("20,000 findings in %s: its text is read once", (file) => {
    let reads = 0;
    const read = (name: string): string | undefined => {
      reads++;
      return texts[name];
    };
    const report = reportOf(many(20_000, file));
    const short = formatReport(report, { read, color: false, isVerbose: false });
    expect(reads).toBe(1);
    expect(short.length).toBeLessThan(200);
    expect(short).toContain("and 19980 further findings of NW-A01 (-v shows all)");
    expect(short.at(-1)).toStartWith("20000 errors");
    const all = formatReport(report, { read, color: false, isVerbose: true });
    expect(reads).toBe(2);
    expect(all.filter((line) => line.includes("error NW-A01"))).toHaveLength(20_000);
  });

  test("each rule shows its first findings", () => {
    const other: Finding = { ...finding, rule: "NW-A02", message: "The other one" };
    const report = reportOf([...many(50, "many-lines"), other]);
    const lines = formatReport(report, { read: () => undefined, color: false, isVerbose: false });
    expect(lines.some((line) => line.includes("The other one"))).toBe(true);
    expect(lines).toContain("and 30 further findings of NW-A01 (-v shows all)");
  });
});
