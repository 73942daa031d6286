import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Secret } from "../../base/mod.ts";
import { sampled } from "../../base/testing/mod.ts";
import { check, RULES } from "../../check/mod.ts";
import type { Cluster } from "../inventory/mod.ts";
import { directorySubject } from "./directory.ts";
import { CASE_TIME, RuleCases } from "./testing/mod.ts";
import { type Mutation, mutate, randomOf } from "./testing/mutate.ts";

setDefaultTimeout(300_000);

const COUNT = 2000;
/** A usual run tries one in so many. */
const ONE_IN = 10;
/** Any seed has to pass; this one is every run's, so that a failure is the change's own. */
const SEED = Number(process.env["NODEWRIGHT_MUTATION_SEED"] ?? 1);

/** Changes that no rule has to find, and why. `what` is held against `FILE: BEFORE -> AFTER`. */
const HARMLESS: readonly { readonly what: RegExp; readonly reason: string }[] = [
  { what: /: (Description|Documentation)=/, reason: "words for people" },
  {
    what: /: (bin_dir|conf_dir|runtime_type|default_runtime_name|snapshotter) = .* -> $/,
    reason: "the line says containerd's own default",
  },
  { what: /: restrict_oom_score_adj = /, reason: "both are right, on different machines" },
  { what: /: sandbox_image = /, reason: "any image of any registry can be the sandbox's" },
  { what: /: "ipMasq": false, -> $/, reason: "the line says the plugin's own default" },
  {
    what: /: (address|mode|containerRuntimeEndpoint): .* -> \w+: ""$/,
    reason: "an empty word is the program's own default",
  },
  {
    what: /: (After|Wants)=.* -> $/,
    reason: "only an order: Restart= brings the unit up all the same",
  },
  { what: /: port: 10250 -> port: \d+$/, reason: "a choice: the Node object says the port" },
  {
    what: /kubelet-config\.yaml: (address|enabled|containerRuntimeEndpoint|mode|failSwapOn|maxPods|port|resolvConf|enableServer|registerNode|swapBehavior|memorySwap|webhook|authorization)\b.* -> $/,
    reason: "the line says the kubelet's own default",
  },
  {
    what: /: (failSwapOn|failCgroupV1): /,
    reason: "the machine decides: NW-C04 and NW-C06 ask it",
  },
  { what: /: failCgroupV1: /, reason: "the machine decides: NW-C06 asks it" },
  { what: /: swapBehavior: /, reason: "the machine decides: NW-C05 asks it" },
  { what: /: (clusterDomain|- "10\.)/, reason: "the cluster decides: NW-C17 asks the API server" },
  { what: /: resolvConf: .* -> resolvConf: ""/, reason: "pods without a resolver file: a choice" },
  { what: /: (maxPods|runtimeRequestTimeout): /, reason: "a choice within what the subnet has" },
  { what: /: mode: "iptables" -> $/, reason: "the line says kube-proxy's own default" },
  { what: /: maxPerCore: /, reason: "the size of a table: kube-proxy's default, or a choice" },
  { what: /: conntrack: -> $/, reason: "the default of what it holds" },
  { what: /: "(name|bridge)": /, reason: "a name that is free to choose" },
  { what: /: (RestartSec|StartLimitIntervalSec)=.* -> (\w+=\d+)?$/, reason: "a choice" },
  {
    what: /: (OOMScoreAdjust|Limit\w+|TasksMax)=/,
    reason: "a limit that is free to choose, or none",
  },
  { what: /: --v=/, reason: "how much is logged" },
  { what: /: ExecStartPre=-/, reason: "a command whose failure is not minded" },
];

let cases: RuleCases;
let cluster: Cluster;
beforeAll(async () => {
  cases = await RuleCases.create();
  cluster = await cases.cluster();
});
afterAll(() => cases[Symbol.asyncDispose]());

function mutated({ file, text, other }: Mutation): Cluster {
  const templates = new Map(cluster.templates);
  const secrets = new Map(cluster.secrets);
  const changed = [{ file, text }, ...(other === undefined ? [] : [other])];
  for (const { file: name, text: now } of changed) {
    if (templates.has(name)) templates.set(name, now);
    else secrets.set(name, new Secret(now));
  }
  return { ...cluster, templates, secrets };
}

function describeMutation({ file, before, after }: Mutation): string {
  return `${file}: ${before.trim()} -> ${after.trim()}`;
}

test(`random single mutations of the stock files (${COUNT} in a full run) are found, or harmless for a reason`, () => {
  const random = randomOf(SEED);
  const all = Array.from({ length: COUNT }, () => mutate(cluster, random));
  const mutations = sampled(all, ONE_IN, "mutations");
  const missed = new Set<string>();
  const used = new Set<string>();
  let found = 0;
  for (const mutation of mutations) {
    const subject = directorySubject(mutated(mutation), cluster.workers, { now: CASE_TIME });
    if (check(RULES, subject).findings.length > 0) {
      found++;
      continue;
    }
    const what = describeMutation(mutation);
    const harmless = HARMLESS.find((one) => one.what.test(what));
    if (harmless === undefined) missed.add(what);
    else used.add(harmless.reason);
  }
  console.log(
    `  ${found} of ${mutations.length} mutations found; harmless: ${[...used].join("; ")}`,
  );
  expect([...missed].sort()).toEqual([]);
  expect(found).toBeGreaterThan(mutations.length / 2);
});
