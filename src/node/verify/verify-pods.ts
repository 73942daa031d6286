import { rm } from "node:fs/promises";
import { z } from "zod";
import { type CriClient, defaultCgroupParent, isNotFound } from "../../cri/mod.ts";
import type { ResolvConf, VerifyOptions } from "./verify-options.ts";

/** A running pod of a verify run. */
export interface VerifyPod {
  /** The host name that the runtime was asked to give it; mostly the pod's own name. */
  readonly name: string;
  readonly sandboxId: string;
  readonly containerId: string;
  /** Primary address first. */
  readonly addresses: readonly string[];
  /** The resolv.conf that the runtime was asked to give it; undefined: the host's own. */
  readonly resolvConf: ResolvConf | undefined;
}

/** The port on which every verify pod says who called it. */
export const POD_PORT = 8080;

/** The label by which a later run finds what an interrupted one left. */
const LABEL = "nodewright-verify";
const NAMESPACE = "nodewright-verify";
const LOG_ROOT = "/var/log/pods";

// A CGI script answers with the caller's address and the pod's own name, so that an answer from
// the wrong pod is noticed. As process 1, httpd takes no signal but SIGKILL.
const SERVER = `mkdir -p /tmp/www/cgi-bin &&
printf '#!/bin/sh\\nprintf "Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n%%s %%s" "$REMOTE_ADDR" "$(hostname)"\\n' >/tmp/www/cgi-bin/who &&
chmod 755 /tmp/www/cgi-bin/who &&
echo serving on port ${POD_PORT} &&
exec httpd -f -p ${POD_PORT} -h /tmp/www`;

/** The command with which somebody else's verify pods must run, to be taken over by uid. */
export const VERIFY_POD_COMMAND: readonly string[] = ["/bin/sh", "-c", SERVER];

/** Starts two pods; what an earlier run has left must be gone. */
export async function startVerifyPods(
  cri: CriClient,
  options: VerifyOptions,
  signal?: AbortSignal,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  const cgroupParent = await defaultCgroupParent(cri, call);
  for (const suffix of ["a", "b"]) {
    const uid = crypto.randomUUID();
    const name = `nodewright-verify-${suffix}`;
    const config = {
      metadata: { name, uid, namespace: NAMESPACE, attempt: 0 },
      hostname: name,
      logDirectory: `${LOG_ROOT}/${NAMESPACE}_${name}_${uid}`,
      labels: { [LABEL]: "pod" },
      linux: { cgroupParent },
      ...(options.resolvConf === undefined ? {} : { dnsConfig: dnsConfig(options.resolvConf) }),
    };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config }, call);
    const { containerId } = await cri.runtime.createContainer(
      {
        podSandboxId,
        sandboxConfig: config,
        config: {
          metadata: { name: "server", attempt: 0 },
          image: { image: options.image },
          command: [...VERIFY_POD_COMMAND],
          labels: { [LABEL]: "pod" },
          logPath: "server/0.log",
          linux: {},
        },
      },
      call,
    );
    await cri.runtime.startContainer({ containerId }, call);
  }
}

function dnsConfig(conf: ResolvConf) {
  return {
    servers: [...conf.servers],
    searches: [...conf.searches],
    options: [...conf.options],
  };
}

/** The running pods of this run: those of our label, or those with the given uids. */
export async function findVerifyPods(cri: CriClient, options: VerifyOptions): Promise<VerifyPod[]> {
  const uids = options.podUids;
  const listed = await cri.runtime.listPodSandbox(
    uids === undefined ? { filter: { labelSelector: { [LABEL]: "pod" } } } : {},
  );
  const pods: VerifyPod[] = [];
  for (const sandbox of listed.items) {
    if (uids !== undefined && !uids.includes(sandbox.metadata?.uid ?? "")) continue;
    const [status, containers] = await Promise.all([
      cri.runtime.podSandboxStatus({ podSandboxId: sandbox.id, verbose: true }),
      cri.runtime.listContainers({ filter: { podSandboxId: sandbox.id } }),
    ]);
    const container = containers.containers[0];
    const network = status.status?.network;
    if (container === undefined || network === undefined) continue;
    const asked = parseSandboxInfo(status.info["info"]);
    pods.push({
      name: asked.hostname ?? sandbox.metadata?.name ?? sandbox.id,
      sandboxId: sandbox.id,
      containerId: container.id,
      addresses: [network.ip, ...network.additionalIps.map((each) => each.ip)].filter(Boolean),
      resolvConf: asked.resolvConf,
    });
  }
  return pods.sort((a, b) => (a.name < b.name ? -1 : 1));
}

// The configuration that a sandbox was run with, as containerd tells it in a verbose status.
const SANDBOX_INFO = z.object({
  config: z
    .object({
      hostname: z.string().min(1).optional(),
      dns_config: z
        .object({
          servers: z.array(z.string()).nullish(),
          searches: z.array(z.string()).nullish(),
          options: z.array(z.string()).nullish(),
        })
        .nullish(),
    })
    .optional(),
});

/** What the runtime was asked for; whoever asked, this run or a kubelet. */
export function parseSandboxInfo(json: string | undefined): {
  readonly hostname: string | undefined;
  readonly resolvConf: ResolvConf | undefined;
} {
  let value: unknown;
  try {
    value = JSON.parse(json ?? "{}");
  } catch {
    value = {};
  }
  const config = SANDBOX_INFO.safeParse(value).data?.config;
  const dns = config?.dns_config;
  const conf = {
    servers: dns?.servers ?? [],
    searches: dns?.searches ?? [],
    options: dns?.options ?? [],
  };
  const isEmpty = conf.servers.length + conf.searches.length + conf.options.length === 0;
  return { hostname: config?.hostname, resolvConf: isEmpty ? undefined : conf };
}

/**
 * Removes every pod of our label with its containers and log folder; returns the sandboxes' ids.
 * What is already gone, or goes meanwhile, is fine.
 */
export async function removeVerifyPods(cri: CriClient): Promise<string[]> {
  const { items } = await cri.runtime.listPodSandbox({
    filter: { labelSelector: { [LABEL]: "pod" } },
  });
  for (const { id, metadata } of items) {
    const { containers } = await cri.runtime.listContainers({ filter: { podSandboxId: id } });
    for (const container of containers) {
      await gone(cri.runtime.stopContainer({ containerId: container.id, timeout: 0n }));
      await gone(cri.runtime.removeContainer({ containerId: container.id }));
    }
    await gone(cri.runtime.stopPodSandbox({ podSandboxId: id }));
    await gone(cri.runtime.removePodSandbox({ podSandboxId: id }));
    if (metadata !== undefined && metadata.uid !== "") {
      const folder = `${metadata.namespace}_${metadata.name}_${metadata.uid}`;
      await rm(`${LOG_ROOT}/${folder}`, { recursive: true, force: true });
    }
  }
  return items.map((item) => item.id);
}

async function gone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
  }
}
