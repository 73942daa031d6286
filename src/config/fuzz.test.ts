import { expect, test } from "bun:test";
import { seededRandom } from "../base/testing/mod.ts";
import {
  filesReadBy,
  type Parsed,
  parseCniConfig,
  parseContainerdConfig,
  parseKubeconfig,
  parseKubeletConfig,
  parseKubeProxyConfig,
  parseUnit,
} from "./mod.ts";
import { hardWayFile } from "./testing.ts";

const SNIPPETS = [
  "\t",
  "\n",
  "\r\n",
  "\0",
  "\\",
  '"',
  "'",
  "{",
  "}",
  "[",
  "]",
  "[[",
  ":",
  "=",
  ",",
  "#",
  "-",
  "&a ",
  "*a",
  "!!x ",
  "---\n",
  "<<: ",
  "\uFFFD",
  "\u{1F600}",
  "\u2028",
  "null",
  "0x",
  "1e999",
  "-0",
  "~",
  "__proto__",
  "constructor",
  "toString",
  "\\u12",
  "\\\n",
  "%",
  "${",
  "99999999999999999999",
];

function mutate(text: string, next: (below: number) => number): string {
  let mutated = text;
  for (let i = next(4); i >= 0; i--) {
    const at = next(mutated.length + 1);
    const to = at + next(20);
    const snippet = SNIPPETS[next(SNIPPETS.length)] ?? "";
    const choices = [
      () => mutated.slice(0, at) + snippet + mutated.slice(at),
      () => mutated.slice(0, at) + mutated.slice(to),
      () => mutated.slice(0, at) + mutated.slice(at, to).repeat(2) + mutated.slice(to),
      () => mutated.slice(0, at),
      () => mutated.slice(0, at) + String.fromCharCode(next(0x3000)) + mutated.slice(at + 1),
    ];
    mutated = choices[next(choices.length)]?.() ?? mutated;
  }
  return mutated;
}

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://h:6443", certificate-authority-data: TUE9PQ==}}]
users: [{name: u, user: {client-key-data: TUE9PQ==, token: t}}]
contexts: [{name: d, context: {cluster: c, user: u}}]
current-context: d
`;

/** Parses and reads everything that a model offers, so that lazy getters are exercised too. */
function readAll(parsed: Parsed<object>): void {
  const { value } = parsed;
  if (value === undefined) return;
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(value))) {
    Reflect.get(value, name, value);
  }
}

const targets: readonly {
  name: string;
  text: () => Promise<string>;
  parse: (text: string, file: string) => Parsed<object>;
}[] = [
  {
    name: "kubelet-config.yaml",
    text: () => hardWayFile("kubelet-config.yaml"),
    parse: parseKubeletConfig,
  },
  {
    name: "kube-proxy-config.yaml",
    text: () => hardWayFile("kube-proxy-config.yaml"),
    parse: parseKubeProxyConfig,
  },
  {
    name: "containerd-config.toml",
    text: () => hardWayFile("containerd-config.toml"),
    parse: parseContainerdConfig,
  },
  { name: "10-bridge.conf", text: () => hardWayFile("10-bridge.conf"), parse: parseCniConfig },
  {
    name: "kubelet.service",
    text: () => hardWayFile("kubelet.service"),
    parse: (text, file) => {
      const parsed = parseUnit(text, file);
      if (parsed.value !== undefined) filesReadBy(parsed.value);
      return parsed;
    },
  },
  {
    name: "kubeconfig",
    text: async () => KUBECONFIG,
    parse: (text, file) => {
      const parsed = parseKubeconfig(text, file);
      parsed.value?.resolve();
      return parsed;
    },
  },
];

test.each(targets)(
  "500 mutations of $name never throw, and end in a value or an error",
  async (target) => {
    const original = await target.text();
    const next = seededRandom(0xc0ffee);
    let accepted = 0;
    for (let round = 0; round < 500; round++) {
      const text = mutate(original, next);
      const input = JSON.stringify(text);
      const lines = text.split("\n");
      const parsed = target.parse(text, target.name);
      readAll(parsed);
      const hasError = parsed.problems.some((problem) => problem.severity === "error");
      if (parsed.value === undefined && !hasError)
        throw new Error(`Neither value nor error: ${input}`);
      if (!hasError) accepted++;
      for (const { locations } of parsed.problems) {
        for (const { line, column } of locations) {
          const width = lines[line - 1]?.length;
          if (width === undefined || column < 1 || column > width + 1) {
            throw new Error(`No such place, ${line}:${column}: ${input}`);
          }
        }
      }
    }
    // Both ends are reached: mutations that break the file, and such that leave it a good one.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(500);
  },
  60_000, // a busy machine only needs longer
);
