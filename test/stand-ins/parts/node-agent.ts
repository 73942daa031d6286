import { readFileSync } from "node:fs";
import { arch, networkInterfaces, release } from "node:os";
import { systemClock } from "../../../src/base/mod.ts";
import {
  hasStatus,
  type KubeClient,
  LEASES,
  NODES,
  type Node,
} from "../../../src/kube/client/mod.ts";
import { canDial, hasNetworkConfig } from "./host-checks.ts";
import { type Failure, log, VERSION } from "./program.ts";

/** What the Node says about itself beside what is read from the machine. */
export interface NodeIdentity {
  readonly name: string;
  readonly endpoint: string;
  readonly port: number;
  readonly failure: Failure | undefined;
}

const LEASE_MS = 10_000;
const STATUS_MS = 1_000;

/** Registers the Node, then keeps its status and its Lease, until the signal; errors are tried again. */
export async function runNodeAgent(
  client: KubeClient,
  identity: NodeIdentity,
  signal: AbortSignal,
): Promise<never> {
  await retry("Unable to register node with API server", signal, () => register(client, identity));
  log("I", "kubelet_node_status.go:78", `"Successfully registered node" node="${identity.name}"`);
  let renewed = 0;
  let reported = "";
  for (;;) {
    signal.throwIfAborted();
    try {
      if (Date.now() - renewed >= LEASE_MS) {
        await renewLease(client, identity.name);
        renewed = Date.now();
      }
      reported = await report(client, identity, reported);
    } catch (thrown) {
      log(
        "E",
        "controller.go:195",
        `"Failed to update node" err=${JSON.stringify(String(thrown))}`,
      );
    }
    await systemClock.sleep(STATUS_MS, signal);
  }
}

async function retry(what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let wait = 200; ; wait = Math.min(wait * 2, 7_000)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      log("E", "kubelet_node_status.go:106", `"${what}" err=${JSON.stringify(String(thrown))}`);
    }
    await systemClock.sleep(wait, signal);
  }
}

async function register(client: KubeClient, { name }: NodeIdentity): Promise<void> {
  const platform = { "kubernetes.io/os": "linux", "kubernetes.io/arch": goArch() };
  try {
    await client.create(NODES, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, ...platform } },
    });
  } catch (thrown) {
    if (!hasStatus(thrown, 409)) throw thrown;
  }
}

/** Patches the status where it differs from the last one; returns what was reported. */
async function report(client: KubeClient, identity: NodeIdentity, before: string): Promise<string> {
  const why = await whyNotReady(identity);
  if (why === before) return before;
  const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
  const ready = why === "ready";
  const status: Node["status"] = {
    nodeInfo: {
      kubeletVersion: VERSION,
      kernelVersion: release(),
      operatingSystem: "linux",
      architecture: goArch(),
      containerRuntimeVersion: "containerd://unknown",
      machineID: read("/etc/machine-id"),
      bootID: read("/proc/sys/kernel/random/boot_id"),
      osImage: /^PRETTY_NAME="(.*)"$/m.exec(read("/etc/os-release"))?.[1] ?? "Linux",
    },
    addresses: addresses(identity.name),
    capacity: { cpu: "2", memory: "4Gi", pods: "110" },
    allocatable: { cpu: "2", memory: "4Gi", pods: "110" },
    daemonEndpoints: { kubeletEndpoint: { Port: identity.port } },
    conditions: [
      {
        type: "Ready",
        status: ready ? "True" : "False",
        reason: ready ? "KubeletReady" : "KubeletNotReady",
        message: ready ? "kubelet is posting ready status" : why,
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
  const ref = { name: identity.name, subresource: "status" };
  await client.patch(NODES, ref, { type: "strategic", value: { status } });
  log(
    "I",
    "setters.go:600",
    `"Node became ${ready ? "ready" : "not ready"}" node="${identity.name}"`,
  );
  return why;
}

async function whyNotReady({ endpoint, failure }: NodeIdentity): Promise<string> {
  if (failure === "not-ready") return "the stand-in was told not to become ready";
  if (!(await canDial(endpoint))) return "container runtime is down";
  if (hasNetworkConfig()) return "ready";
  return "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
}

async function renewLease(client: KubeClient, name: string): Promise<void> {
  const namespace = "kube-node-lease";
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  try {
    await client.patch(LEASES, { name, namespace }, { type: "merge", value: { spec } });
  } catch (thrown) {
    if (!hasStatus(thrown, 404)) throw thrown;
    const object = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec };
    await client.create(LEASES, { ...object, metadata: { name, namespace } }, { namespace });
  }
}

function addresses(name: string): { type: string; address: string }[] {
  const all = Object.entries(networkInterfaces())
    .filter(([link]) => !/^(lo|cni|veth|docker)/.test(link))
    .flatMap(([, entries]) => entries ?? []);
  const first = all.find((entry) => entry.family === "IPv4" && !entry.internal);
  return [
    ...(first === undefined ? [] : [{ type: "InternalIP", address: first.address }]),
    { type: "Hostname", address: name },
  ];
}

function goArch(): string {
  return arch() === "x64" ? "amd64" : arch();
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
