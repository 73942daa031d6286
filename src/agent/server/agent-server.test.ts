import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type tls from "node:tls";
import { createLogger, systemClock } from "../../base/mod.ts";
import { createCriClient } from "../../cri/mod.ts";
import { FakeRuntime } from "../../cri/testing/mod.ts";
import { KubeClient } from "../../kube/client/mod.ts";
import { TestAuthority } from "../../kube/testing/mod.ts";
import { loadConfig } from "../config/mod.ts";
import { readMachine } from "../node/mod.ts";
import { ProbeMetrics } from "../probes/probe-metrics.ts";
import { AgentServer } from "./agent-server.ts";
import { PodDirectory } from "./pod-directory.ts";

/** What every user of the test may get: the subresource that is its name. */
const SUBRESOURCES = [
  ...["metrics", "stats", "log", "checkpoint", "statusz"],
  ...["pods", "healthz", "configz", "proxy"],
] as const;

/** Path by path, the subresources that each open it. */
const MATRIX: readonly (readonly [path: string, opened: readonly string[]])[] = [
  ["/metrics", ["metrics"]],
  ["/metrics/cadvisor", ["metrics"]],
  ["/metrics/probes", ["metrics"]],
  ["/metrics/resource", ["metrics"]],
  ["/stats/summary", ["stats"]],
  ["/logs/", ["log"]],
  ["/checkpoint/n/p/c", ["checkpoint"]],
  ["/statusz", ["statusz"]],
  ["/flagz", ["configz"]],
  ["/configz", ["configz", "proxy"]],
  ["/pods", ["pods", "proxy"]],
  ["/pods/", ["pods", "proxy"]],
  ["/runningpods/", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/healthz/ping", ["healthz", "proxy"]],
  ["/containerLogs/n/p/c", ["proxy"]],
  ["/exec/n/p/c", ["proxy"]],
  ["/run/n/p/c", ["proxy"]],
  ["/nothing", ["proxy"]],
  // Nothing that only looks like a path of its own opens with that one's right.
  ["/podsx", ["proxy"]],
  ["/metrics%2f..%2fpods", ["proxy"]],
  ["/stats/%2e%2e/pods", ["pods", "proxy"]],
];

const directory = mkdtempSync(join(tmpdir(), "nodewright-agent-server-"));
const authority = await TestAuthority.create();
const clients = new Map<string, tls.SecureContextOptions>();
let reviews: ReturnType<typeof Bun.serve>;
let runtime: FakeRuntime;
let server: AgentServer;

beforeAll(async () => {
  reviews = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: review });
  runtime = await FakeRuntime.start({ socketPath: join(directory, "cri.sock") });
  const own = await authority.issueServer();
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    tlsCertFile: file("tls.crt", own.cert),
    tlsPrivateKeyFile: file("tls.key", own.key.reveal()),
    authentication: { x509: { clientCAFile: file("ca.crt", authority.certificate) } },
  };
  const argv = [
    `--config=${file("kubelet.yaml", JSON.stringify(config))}`,
    `--root-dir=${directory}`,
  ];
  const { settings, configz, flags } = await loadConfig(argv);
  const ports = { port: 0, healthzPort: 0, address: "127.0.0.1" };
  server = new AgentServer({
    ...{ configz, flags, clock: systemClock, addresses: [], startedAt: 0 },
    settings: { ...settings, server: { ...settings.server, ...ports } },
    cri: createCriClient({ endpoint: runtime.endpoint }),
    client: new KubeClient({ server: `http://127.0.0.1:${reviews.port}` }),
    log: createLogger({
      ...{ program: "t", verbosity: 0, processId: 1, now: () => 0 },
      write: () => {},
    }),
    machine: await readMachine(directory),
    probeMetrics: new ProbeMetrics(),
    pods: new PodDirectory({ workers: new Map() }),
    health: async () => undefined,
  });
  await server.start();
  for (const name of SUBRESOURCES) {
    const { cert, key } = await authority.issue({ commonName: name });
    clients.set(name, { cert, key: key.reveal() });
  }
});
afterAll(async () => {
  server?.[Symbol.dispose]();
  await runtime?.[Symbol.asyncDispose]();
  await reviews?.stop(true);
  rmSync(directory, { recursive: true });
});

/** SubjectAccessReview: a user may get the subresource that it is called after. */
async function review(request: Request): Promise<Response> {
  // cast: the client of the test sends nothing else
  const { spec } = (await request.json()) as {
    spec: { user: string; resourceAttributes: { verb: string; subresource: string } };
  };
  const { verb, subresource } = spec.resourceAttributes;
  const allowed = ["get", "create"].includes(verb) && subresource === spec.user;
  return Response.json({ status: { allowed } });
}

async function ask(
  path: string,
  options: https.RequestOptions = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const at = { host: "127.0.0.1", port: server.port, path, ca: authority.certificate };
  const request = https.request({ ...at, agent: false, ...options }, (answer) => {
    let text = "";
    answer.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
  });
  request.on("error", reject);
  request.end();
  return await promise;
}

test.each(MATRIX)("%s opens with the rights to %p, and with no others", async (path, opened) => {
  const found: string[] = [];
  for (const name of SUBRESOURCES) {
    const { status } = await ask(path, clients.get(name));
    if (status !== 403) found.push(name);
  }
  expect(found.sort()).toEqual([...opened].sort());
});

test("nobody gets anything without a name, and the method counts", async () => {
  expect(await ask("/pods")).toEqual({ status: 401, text: "Unauthorized" });
  expect(await ask("/healthz")).toMatchObject({ status: 401 });
  const who = clients.get("pods");
  expect(await ask("/pods", { ...who, method: "DELETE" })).toMatchObject({
    status: 403,
    text: "Forbidden (user=pods, verb=delete, resource=nodes, subresource(s)=[pods proxy])",
  });
  expect(await ask("/pods", { ...who, method: "HEAD" })).toMatchObject({ status: 403 });
});

test.each([
  ["metrics", "/metrics/cadvisor", "machine_cpu_cores{"],
  ["metrics", "/metrics/probes", "# TYPE prober_probe_total counter"],
  ["configz", "/flagz", `root-dir:${directory}\n`],
  ["configz", "/flagz", "max-pods:110\n"],
  ["statusz", "/statusz", "kubelet statusz\nWarning: This endpoint"],
  ["configz", "/configz", '"maxPods":110'],
])("as %s: GET %s has %p", async (user, path, part) => {
  const { status, text } = await ask(path, clients.get(user));
  expect(status).toBe(200);
  expect(text).toContain(part);
});

test("a path that cannot be decoded is the caller's mistake", async () => {
  expect(await ask("/%E0%A4%A", clients.get("proxy"))).toMatchObject({ status: 400 });
});
