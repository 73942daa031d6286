import { describe, expect, test } from "bun:test";
import { ensurePki, type PkiRequest, planPki, stepFile } from "./mod.ts";
import {
  DAY_MS,
  NO_NODES,
  NOW,
  read,
  request,
  withDirectory,
} from "./testing/cluster-directory.ts";

describe("planPki()", () => {
  const rows: {
    name: string;
    change: (files: Map<string, string>) => void;
    request?: Partial<PkiRequest>;
    steps: string[];
    problems: string[];
  }[] = [
    { name: "keeps a good directory", change: () => {}, steps: [], problems: [] },
    {
      name: "issues a certificate for a key that has none",
      change: (files) => void files.delete("node-0.crt"),
      steps: ["node-0.crt", "node-0.kubeconfig"],
      problems: [],
    },
    {
      name: "writes a kubeconfig that is missing",
      change: (files) => void files.delete("admin.kubeconfig"),
      steps: ["admin.kubeconfig"],
      problems: [],
    },
    {
      name: "does not replace a certificate whose key is missing",
      change: (files) => void files.delete("node-0.key"),
      steps: [],
      problems: ["missing-key node-0.crt"],
    },
    {
      name: "issues both anew where that is asked for",
      change: (files) => void files.delete("node-0.key"),
      request: { renew: new Set(["node-0"]) },
      steps: ["node-0.key", "node-0.crt", "node-0.kubeconfig"],
      problems: [],
    },
    {
      name: "does not begin a new authority beside certificates of another",
      change: (files) => void (files.delete("ca.crt") && files.delete("ca.key")),
      steps: [],
      problems: ["missing-authority admin.crt"],
    },
    {
      name: "says once that nothing can be signed without ca.key",
      change: (files) => {
        files.delete("ca.key");
        files.delete("node-0.crt");
        files.delete("node-1.crt");
        files.delete("admin.kubeconfig");
      },
      steps: ["admin.kubeconfig"],
      problems: ["no-authority-key ca.crt"],
    },
    {
      name: "refuses a CA key that is another's",
      change: (files) => void files.set("ca.key", files.get("node-0.key") ?? ""),
      steps: [],
      problems: ["key-mismatch ca.crt"],
    },
    {
      name: "finds the kubeconfig of another node",
      change: (files) => void files.set("node-0.kubeconfig", files.get("node-1.kubeconfig") ?? ""),
      steps: [],
      problems: ["other-user node-0.kubeconfig"],
    },
    {
      name: "finds the certificate of another node",
      change: (files) => {
        files.set("node-0.crt", files.get("node-1.crt") ?? "");
        files.set("node-0.key", files.get("node-1.key") ?? "");
      },
      steps: [],
      problems: [
        "wrong-common-name node-0.crt",
        "missing-name node-0.crt",
        "stale-kubeconfig node-0.kubeconfig",
      ],
    },
    {
      name: "mends all faults where that is asked for",
      change: (files) => {
        files.set("node-0.crt", files.get("node-1.crt") ?? "");
        files.set("kube-proxy.kubeconfig", "{}");
      },
      request: { renew: "faulty" },
      steps: ["node-0.crt", "node-0.kubeconfig", "kube-proxy.kubeconfig"],
      problems: [],
    },
    {
      name: "finds the authority expired ten years later, and nothing else to say",
      change: () => {},
      request: { now: new Date(NOW.getTime() + 3654 * DAY_MS) },
      steps: [],
      problems: ["expired ca.crt"],
    },
    {
      name: "finds certificates and the kubeconfigs that hold them expired a year later",
      change: (files) => {
        for (const file of files.keys()) if (/^(node|kube|serv)/.test(file)) files.delete(file);
      },
      request: { now: new Date(NOW.getTime() + 366 * DAY_MS), inventory: NO_NODES },
      steps: ["kube-proxy.key", "kube-proxy.crt", "kube-proxy.kubeconfig"],
      problems: ["expired admin.crt", "expired admin.kubeconfig"],
    },
    {
      name: "names the nearest certificate for one that is unknown",
      change: () => {},
      request: { renew: new Set(["node0"]) },
      steps: [],
      problems: ["unknown-name"],
    },
    {
      name: "finds a kubeconfig that is not YAML",
      change: (files) => void files.set("admin.kubeconfig", "a: [\n"),
      steps: [],
      problems: ["bad-kubeconfig admin.kubeconfig"],
    },
    {
      name: "finds a certificate cut short",
      change: (files) => void files.set("admin.crt", (files.get("admin.crt") ?? "").slice(0, 300)),
      steps: [],
      problems: ["bad-certificate admin.crt"],
    },
  ];
  test.each(rows)("$name", async (row) => {
    const files = new Map(await good());
    row.change(files);
    const plan = planPki(files, request(row.request));
    expect(plan.steps.map(stepFile)).toEqual(row.steps);
    expect(
      plan.problems.map(({ code, locations }) => `${code} ${locations[0]?.file ?? ""}`.trim()),
    ).toEqual(row.problems);
    for (const problem of plan.problems) expect(problem.fix).toBeString();
  });

  let cached: Map<string, string> | undefined;
  async function good(): Promise<Map<string, string>> {
    if (cached === undefined) {
      await withDirectory(async (directory) => {
        await ensurePki(directory, request());
        cached = await read(directory);
      });
    }
    return cached ?? new Map();
  }
});
