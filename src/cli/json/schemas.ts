import { z } from "zod";
import {
  finding,
  location,
  loose,
  mapLink,
  mode,
  problem,
  severity,
  step,
  titled,
} from "./shapes.ts";

/*
 * Every document that a command prints with --json, by its `kind`. A document may have more keys
 * than its schema names: later versions add, and never change what a key means.
 */

interface Entry {
  /** The commands that print it. */
  readonly of: string;
  readonly about: string;
  readonly schema: z.ZodObject;
}

const entry = (of: string, about: string, shape: z.core.$ZodLooseShape): Entry => ({
  of,
  about,
  schema: z.looseObject(shape),
});

/** One entry a kind, in the order of the reference. */
export const JSON_DOCUMENTS: Readonly<Record<string, Entry>> = {
  error: entry("every command", "why it failed; for work on several nodes one a node", {
    error: z.looseObject({
      kind: z.string(),
      message: z.string(),
      node: z.string().optional(),
      locations: z.array(location),
      fix: z.string().optional(),
      detail: z.string().optional(),
      problems: z.array(problem).optional(),
    }),
  }),
  problem: entry("every command on a cluster directory", "something to know; it stops nothing", {
    code: z.string(),
    severity,
    message: z.string(),
    locations: z.array(location),
  }),
  init: entry("init", "the files of the new directory", {
    directory: z.string(),
    files: z.array(
      z.looseObject({ path: z.string(), outcome: z.enum(["written", "same", "kept"]) }),
    ),
  }),
  pki: entry("pki", "certificates and kubeconfigs with their expiry", {
    directory: z.string(),
    entries: z.array(
      z.looseObject({
        file: z.string(),
        daysLeft: z.int().optional(),
        action: z.enum(["created", "renewed", "kept", "missing"]),
      }),
    ),
    written: z.array(z.string()),
    problems: z.array(problem),
  }),
  render: entry("render", "the files that each node would get, texts without secrets whole", {
    nodes: z.array(
      z.looseObject({
        node: z.string(),
        address: z.string(),
        podSubnets: z.array(z.string()),
        files: z.array(
          z.looseObject({
            path: z.string(),
            mode,
            sizeBytes: z.int(),
            content: z.string().optional().describe("absent for secrets and binaries"),
          }),
        ),
      }),
    ),
    problems: z.array(problem),
  }),
  "rendered-file": entry("render NODE PATH", "one file of one node", {
    node: z.string(),
    path: z.string(),
    mode,
  }),
  check: entry("check", "findings, and rules that could not be checked", {
    nodes: z.array(z.string()),
    findings: z.array(finding),
    notApplicable: z.array(z.looseObject({ rule: z.string(), reason: z.string() })),
    suppressed: z.array(z.looseObject({ rule: z.string(), reason: z.string() })),
    rulesApplied: z.int(),
  }),
  diff: entry("check --fix", "what a fix changes in one file", {
    file: z.string(),
    diff: z.array(z.string()),
  }),
  overview: entry("explain", "all files and rules", {
    files: z.array(z.looseObject({ name: z.string() })),
    rules: z.array(titled),
  }),
  option: entry("explain", "one option", { name: z.string(), file: z.string(), does: z.string() }),
  options: entry("explain", "the options that one word may mean", { options: z.array(titled) }),
  file: entry("explain", "one file with its options", {
    name: z.string(),
    options: z.array(titled),
  }),
  rule: entry("explain", "one rule of check", { id: z.string(), severity, title: z.string() }),
  rules: entry("explain", "a list of rules", { rules: z.array(titled) }),
  artifacts: entry("artifacts", "what each component is and where it comes from", {
    artifacts: z.array(z.looseObject({ arch: z.string(), nodes: z.array(z.string()) })),
    problems: z.array(problem),
  }),
  plan: entry("plan", "what would change on one node", {
    node: z.string(),
    baseGeneration: z.int().nullable(),
    steps: z.array(step),
    notes: z.array(z.string()),
    diffs: z.array(z.looseObject({ path: z.string(), diff: z.string() })),
  }),
  phase: entry("plan, apply, verify", "what a node is doing", {
    node: z.string(),
    text: z.string(),
  }),
  bytes: entry("apply", "how much was sent to a node", {
    node: z.string(),
    sentBytes: z.int(),
    totalBytes: z.int(),
  }),
  "step-started": entry("apply", "a step begins", { node: z.string(), step }),
  "step-done": entry("apply", "a step has ended", { node: z.string(), step, ms: z.number() }),
  note: entry("plan, apply", "something to know about a node", {
    node: z.string(),
    text: z.string(),
  }),
  bundle: entry("bundle -o", "a bundle that was written", {
    path: z.string(),
    sizeBytes: z.int(),
    arches: z.array(z.string()),
    files: z.array(loose).describe("path, sha256 and sizeBytes of each"),
  }),
  "pod-trace": entry("trace pod", "a pod's way from its creation to Ready", {
    pod: z.string().describe("NAMESPACE/NAME"),
    node: z.string().nullable(),
    phase: z.string(),
    isReady: z.boolean(),
    readyAfterSeconds: z.number().nullable(),
    steps: z.array(loose).describe("step, container, at, afterSeconds, detail, ok, count"),
    stuck: loose.nullable().describe("step, container, found, cause, fix"),
  }),
  "bundle-open": entry("bundle --open", "a bundle that was opened", {
    directory: z.string(),
    nodewright: z.string().describe("the version that has written it"),
    arches: z.array(z.string()),
    files: z.array(loose),
  }),
  verify: entry("apply, verify", "what one check of a verification found", {
    node: z.string(),
    check: z.looseObject({ check: z.string(), ok: z.boolean(), found: z.string() }),
  }),
  verified: entry("apply, verify", "all checks of a node", {
    node: z.string(),
    checks: z.array(loose),
  }),
  outcome: entry("apply", "how the work on a node ended", {
    node: z.string(),
    outcome: z.looseObject({ state: z.string() }),
  }),
  summary: entry("plan, apply, verify", "the last line: counts of nodes, or of checks", {}),
  status: entry("status", "one node as it is", {
    node: z.string(),
    units: loose,
    drift: z.array(z.looseObject({ path: z.string(), what: z.string() })),
    certificates: z
      .array(z.looseObject({ path: z.string(), subject: z.string(), notAfterMs: z.int() }))
      .describe("the certificate that ends first in each file that has one"),
    versions: loose,
  }),
  history: entry("history", "the generations of one node, the newest first", {
    node: z.string(),
    generations: z.array(
      z.looseObject({
        id: z.int(),
        state: z.enum(["applying", "good", "failed"]),
        base: z.int().nullable(),
        isCurrent: z.boolean(),
        isKept: z.boolean(),
        changes: z
          .array(
            z.looseObject({
              path: z.string(),
              from: z.string().nullable(),
              to: z.string().nullable(),
            }),
          )
          .nullable(),
      }),
    ),
  }),
  map: entry("map", "the network of the nodes, Services, and what should not be so", {
    takenAt: z.string(),
    nodes: z.array(
      z.looseObject({
        name: z.string(),
        address: z.string(),
        podSubnets: z.array(z.string()),
        links: z.array(mapLink),
        routes: z.array(z.looseObject({ destination: z.string(), type: z.string() })),
        pods: z.array(z.looseObject({ namespace: z.string(), name: z.string() })),
      }),
    ),
    services: z
      .array(z.looseObject({ namespace: z.string(), name: z.string(), ports: z.array(loose) }))
      .optional()
      .describe("absent where the API server does not answer: servicesProblem says why"),
    servicesProblem: z.string().optional(),
    strays: z.array(
      z.looseObject({
        kind: z.string(),
        node: z.string().optional(),
        subject: z.string(),
        message: z.string(),
      }),
    ),
  }),
  reset: entry("reset", "what was removed from one node", {
    node: z.string(),
    dryRun: z.boolean(),
    removed: z.array(z.string()),
    restored: z.array(z.string()),
    kept: z.array(z.string()),
    leftovers: z.array(z.string()),
  }),
  passed: entry("lab up", "a step of the smoke test that has passed", {
    step: z.string(),
    seen: z.string(),
    ms: z.number(),
  }),
  lab: entry("lab up", "the machines of the lab", {
    name: z.string(),
    clusterDir: z.string(),
    kubeconfig: z.string().nullable().describe("null without a control plane"),
    machines: z.array(z.looseObject({ name: z.string(), address: z.string() })),
  }),
  "lab-down": entry("lab down", "whether there was such a lab", {
    name: z.string(),
    removed: z.boolean(),
  }),
  labs: entry("lab status", "the labs of this host, each with what its API server says", {
    labs: z.array(loose),
  }),
  "host-keys": entry("trust", "the host keys of one node", { node: z.string() }),
  logs: entry("logs", "the journal of a unit on one node", { node: z.string() }),
  version: entry("version, cri version", "versions", {}),
  install: entry("install", "the files that were placed or removed", {
    prefix: z.string(),
    dryRun: z.boolean(),
    files: z.array(z.looseObject({ path: z.string(), outcome: z.string() })),
  }),
  completion: entry("completion", "a shell's script", { shell: z.string(), script: z.string() }),
  pods: entry("cri pods", "ListPodSandboxResponse of CRI", { items: z.array(loose) }),
  containers: entry("cri ps", "ListContainersResponse of CRI", { containers: z.array(loose) }),
  images: entry("cri images", "ListImagesResponse of CRI", { images: z.array(loose) }),
  container: entry("cri inspect", "ContainerStatusResponse of CRI", { status: loose }),
  pod: entry("cri inspectp", "PodSandboxStatusResponse of CRI", { status: loose }),
  image: entry("cri inspecti", "ImageStatusResponse of CRI", { image: loose }),
  runtime: entry("cri info", "StatusResponse of CRI", { status: loose }),
  stats: entry("cri stats", "ListContainerStatsResponse of CRI", { stats: z.array(loose) }),
  event: entry("cri events", "ContainerEventResponse of CRI", { containerId: z.string() }),
  id: entry(
    "cri run, runp, create, start, stop, rm, rmp, rmi, update",
    "what was made or changed",
    {
      id: z.string(),
    },
  ),
  pulled: entry("cri pull", "the image", { imageRef: z.string() }),
  imported: entry("cri import", "the names of the images", { imported: z.array(z.string()) }),
  exec: entry("cri exec --sync", "how the command ended", {
    exitCode: z.int(),
    stdout: z.string(),
    stderr: z.string(),
  }),
  log: entry("cri logs", "one line of a log", {
    timestamp: z.string(),
    stream: z.string(),
    text: z.string(),
  }),
  forwarding: entry("cri port-forward", "a port that is open now", {
    local: z.int(),
    remote: z.int(),
  }),
  "cni-result": entry("cni add", "the result of ADD, as the specification has it", {
    cniVersion: z.string(),
  }),
  "cni-done": entry("cni check, del, gc, status", "what was asked of the plugins", {
    command: z.enum(["CHECK", "DEL", "GC", "STATUS"]),
    network: z.string(),
  }),
  "cni-version": entry("cni version", "versions that the plugins of a network speak", {
    network: z.string(),
    plugins: z.array(loose),
  }),
  "cni-trace": entry("cni trace", "every step of an ADD and a DEL", { add: loose, del: loose }),
  "cni-holdings": entry("cni list", "who holds which address", { holdings: z.array(loose) }),
  "cni-cache": entry("cni cache", "the attachments of the cache", {
    attachments: z.array(loose),
    unreadable: z.array(z.looseObject({ path: z.string(), why: z.string() })),
  }),
  "cni-install": entry("cni install", "what became of each plugin's name", {
    dir: z.string(),
    names: z.array(z.looseObject({ name: z.string(), outcome: z.string() })),
  }),
};
