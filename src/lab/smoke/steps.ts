import { pollUntil } from "../../base/mod.ts";
import {
  execInPod,
  forwardToPod,
  hasStatus,
  type KubeObject,
  PODS,
  type Pod,
  type ResourceType,
  SECRETS,
  SERVICES,
} from "../../kube/client/mod.ts";
import { waitNodeReady } from "../../kube/nodes/mod.ts";
import { LabError, labWorkers } from "../machines/mod.ts";
import type { SmokeContext } from "./context.ts";
import { fetchThrough } from "./fetch-through.ts";
import {
  APP,
  DEPLOYMENTS,
  deploymentManifest,
  NAMESPACE,
  nodePortOf,
  PORT,
  SECRET,
  secretManifest,
  serviceManifest,
} from "./objects.ts";

/** A step of the smoke test; what it resolves with is what it has seen. */
export interface SmokeStep {
  readonly step: string;
  readonly run: (context: SmokeContext) => Promise<string>;
}

const TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** In this order: the later ones use what the earlier ones have made. */
export const SMOKE_STEPS: readonly SmokeStep[] = [
  { step: "nodes", run: nodesReady },
  { step: "secret", run: secretIsKept },
  { step: "deployment", run: deploymentRollsOut },
  { step: "port-forward", run: portIsForwarded },
  { step: "logs", run: logsAreRead },
  { step: "exec", run: commandIsExecuted },
  { step: "service", run: serviceAnswersPods },
  { step: "node-port", run: nodePortsAnswer },
  { step: "dns", run: namesAreResolved },
];

async function nodesReady({ client, deps, lab }: SmokeContext): Promise<string> {
  const nodes = await Promise.all(
    labWorkers(lab).map(({ name }) =>
      waitNodeReady(client, name, {
        timeoutMs: TIMEOUT_MS,
        intervalMs: POLL_MS,
        clock: deps.clock,
        ...(deps.signal === undefined ? {} : { signal: deps.signal }),
      }),
    ),
  );
  const said = nodes.map(
    ({ metadata, status }) => `${metadata.name} ${status?.nodeInfo?.kubeletVersion ?? ""}`,
  );
  return `Ready: ${said.join(", ")}`;
}

async function secretIsKept({ client }: SmokeContext): Promise<string> {
  await ensure(client, SECRETS, secretManifest());
  const { data } = await client.get(SECRETS, { name: SECRET, namespace: NAMESPACE });
  const value = Buffer.from(data?.["mykey"] ?? "", "base64").toString();
  if (value !== "mydata") throw failed(`The secret holds "${value}" instead of "mydata"`);
  return `${NAMESPACE}/${SECRET} holds what was put there`;
}

async function deploymentRollsOut(context: SmokeContext): Promise<string> {
  const { client, image } = context;
  await ensure(client, DEPLOYMENTS, deploymentManifest(image));
  const wanted = await until(context, "the Deployment's pods are ready", async () => {
    const { spec, status } = await client.get(DEPLOYMENTS, { name: APP, namespace: NAMESPACE });
    const { replicas = 1 } = spec ?? {};
    const isOut = status?.readyReplicas === replicas && status.updatedReplicas === replicas;
    return isOut ? replicas : undefined;
  });
  const pods = await readyPods(context);
  const nodes = [...new Set(pods.map(({ spec }) => spec?.nodeName ?? ""))].sort();
  return `${wanted} pods of ${APP} are ready, on ${nodes.join(" and ")}`;
}

async function portIsForwarded(context: SmokeContext): Promise<string> {
  const { name } = await firstPod(context);
  using session = await forwardToPod(
    context.connection,
    { namespace: NAMESPACE, pod: name },
    context.deps.signal,
  );
  const page = await fetchThrough(session, PORT);
  if (page !== `hello from ${name}`) throw failed(`The pod answers "${page}"`);
  return `port ${PORT} of ${name} says "${page}"`;
}

async function logsAreRead(context: SmokeContext): Promise<string> {
  const { name } = await firstPod(context);
  // The kubelet's probes alone write into it.
  const line = await until(context, "the log has a line", async () => {
    const text = await context.client.logs({ namespace: NAMESPACE, name }, { tailLines: 1 });
    return text.trim() === "" ? undefined : text.trim();
  });
  return `${name} wrote "${line}"`;
}

async function commandIsExecuted(context: SmokeContext): Promise<string> {
  const { name } = await firstPod(context);
  const hostname = (await execute(context, name, ["hostname"])).trim();
  if (hostname !== name) throw failed(`The command prints "${hostname}"`);
  return `hostname in ${name} prints its name`;
}

async function serviceAnswersPods(context: SmokeContext): Promise<string> {
  await ensure(context.client, SERVICES, serviceManifest());
  const { name } = await firstPod(context);
  const address = await serviceAddress(context);
  // Not wget: a static one ends with a fault where a C library's files for names are missing.
  const request = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 80`;
  const page = await until(context, `a pod reaches ${address}`, async () => {
    const answer = await execute(context, name, ["sh", "-c", request]);
    return /^hello from .*$/m.exec(answer)?.[0];
  });
  return `${address} says "${page}" to a pod`;
}

async function serviceAddress({ client }: SmokeContext): Promise<string> {
  const service = await client.get(SERVICES, { name: APP, namespace: NAMESPACE });
  return service.spec?.clusterIP ?? "";
}

async function nodePortsAnswer(context: SmokeContext): Promise<string> {
  const { client, lab } = context;
  const service = await client.get(SERVICES, { name: APP, namespace: NAMESPACE });
  const port = nodePortOf(service);
  if (port === undefined) throw failed("The Service has no node port");
  const asked = labWorkers(lab).map(async ({ address }) => {
    const url = `http://${address}:${port}/`;
    await until(context, `${url} answers this host`, async () => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return (await answer.text()).startsWith("hello from ") ? true : undefined;
    });
    return url;
  });
  return `${(await Promise.all(asked)).join(" and ")} answer this host`;
}

async function namesAreResolved(context: SmokeContext): Promise<string> {
  const at = { name: "kube-dns", namespace: "kube-system" };
  if ((await context.client.find(SERVICES, at)) === undefined) {
    return "not asked: the cluster has no DNS";
  }
  const { name } = await firstPod(context);
  const host = `${APP}.${NAMESPACE}.svc.cluster.local`;
  const address = await serviceAddress(context);
  await until(context, `${host} is resolved`, async () => {
    const answer = await execute(context, name, ["nslookup", host]);
    return answer.includes(address) ? true : undefined;
  });
  return `${host} is ${address} to a pod`;
}

async function readyPods({ client }: SmokeContext): Promise<readonly Pod[]> {
  const { items } = await client.list(PODS, {
    namespace: NAMESPACE,
    labelSelector: `app=${APP}`,
  });
  return items
    .filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
    )
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

async function firstPod(context: SmokeContext): Promise<{ readonly name: string }> {
  const [pod] = await readyPods(context);
  if (pod === undefined) throw failed(`No pod of ${APP} is ready`);
  return { name: pod.metadata.name };
}

async function execute(
  { connection, deps }: SmokeContext,
  pod: string,
  argv: readonly string[],
): Promise<string> {
  const output: string[] = [];
  const take = (chunk: Uint8Array): void => void output.push(Buffer.from(chunk).toString());
  const exitCode = await execInPod(
    connection,
    { namespace: NAMESPACE, pod, argv },
    { stdout: take, stderr: take, ...(deps.signal === undefined ? {} : { signal: deps.signal }) },
  );
  if (exitCode === 0) return output.join("");
  throw failed(`${argv[0]} in ${pod} exits with ${exitCode}: ${output.join("").trim()}`);
}

/** Makes an object that is not there; one that is stays as it is. */
async function ensure<T extends KubeObject>(
  client: SmokeContext["client"],
  type: ResourceType<T>,
  object: KubeObject & Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.create(type, object, { namespace: NAMESPACE }).catch((thrown: unknown) => {
    if (!hasStatus(thrown, 409)) throw thrown;
  });
}

/** Asks until there is a value; a failure to ask is none, and told where there never comes one. */
async function until<T>(
  { deps }: SmokeContext,
  what: string,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const wait = {
    timeoutMs: TIMEOUT_MS,
    intervalMs: POLL_MS,
    ...(deps.signal === undefined ? {} : { signal: deps.signal }),
  };
  let last: unknown;
  const seen = await pollUntil(deps.clock, wait, () =>
    probe().catch((thrown: unknown) => {
      deps.signal?.throwIfAborted();
      last = thrown;
      return undefined;
    }),
  );
  if (seen !== undefined) return seen;
  throw failed(`After ${TIMEOUT_MS / 1000} s it is not so that ${what}`, last);
}

function failed(message: string, cause?: unknown): LabError {
  return new LabError("machine-failed", message, {
    ...(cause instanceof Error ? { detail: cause.message, cause } : {}),
    fix: "nodewright lab kubectl get pods,services,events -A shows the cluster as it is",
  });
}
