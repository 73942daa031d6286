import { join } from "node:path";
import {
  type Arch,
  ArtifactCache,
  ArtifactResolver,
  type BlobRest,
  blobRest,
  COMPONENTS,
  type Component,
  cacheDirectory,
  isArch,
  parseArch,
  readLock,
  systemCommands,
} from "../artifacts/mod.ts";
import { hasErrors, NodewrightError, ProblemsError, systemClock, UsageError } from "../base/mod.ts";
import {
  type AddressBook,
  type ApplyPorts,
  openNodeApi,
  runHook,
  type SendableBlob,
} from "../bootstrap/apply/mod.ts";
import {
  type Cluster,
  isWorker,
  loadCluster,
  type Machine,
  settingsOf,
} from "../bootstrap/inventory/mod.ts";
import { type Content, type ImageFile, Renderer } from "../bootstrap/render/mod.ts";
import type { RuleId } from "../check/mod.ts";
import type { Digest } from "../plan/mod.ts";
import type { SshTarget } from "../ssh/mod.ts";
import { createStepJudge } from "./check/check-files.ts";
import type { CliContext } from "./context.ts";
import { builtinExecutable, nodeExecutables } from "./node-executables.ts";

const LOCAL_SOURCES = ["downloads", "builtin", "none"];

/** A cluster directory that was read without errors, and the effects that work on its nodes. */
export interface OpenCluster {
  readonly cluster: Cluster;
  readonly ports: ApplyPorts;
}

/** What differs between the commands that open a cluster. */
export interface OpenOptions {
  /** Resolve artifacts anew instead of by nodewright.lock. */
  readonly update: boolean | readonly Component[];
  /** Rules of `check` whose errors keep nothing from being done. */
  readonly allow?: readonly RuleId[];
}

/** Reads the cluster directory (the command's own or the given one) and builds the real ports; stops at its errors. */
export async function openCluster(
  context: CliContext,
  options: OpenOptions,
  dir: string = context.clusterDir,
): Promise<OpenCluster> {
  const cluster = await loadCluster(dir);
  if (hasErrors(cluster.problems)) {
    throw new ProblemsError(`Cannot use the cluster directory ${dir}`, cluster.problems);
  }
  if (cluster.workers.length === 0) {
    throw new UsageError(`No worker in ${join(dir, "machines.txt")}`, {
      fix: "a worker has a pod subnet in the fourth column, such as 10.200.0.0/24",
    });
  }
  return { cluster, ports: await realPorts(context, cluster, options) };
}

/** The real effects on the nodes of a cluster directory, whatever is wrong with its files. */
export async function realPorts(
  context: CliContext,
  cluster: Cluster,
  options: OpenOptions,
): Promise<ApplyPorts> {
  const { env, execPath } = context.process;
  const { signal } = context;
  const cacheDir = cacheDirectory(env);
  const cache = await ArtifactCache.open(cacheDir, { nowMs: systemClock.now() });
  const executables = await nodeExecutables(execPath, context.process.arch, cache);
  const resolver = new ArtifactResolver(
    {
      commands: systemCommands,
      clock: systemClock,
      env,
      hostArch: parseArch(context.process.arch),
      builtin: (arch) => builtinExecutable(executables, arch, cache),
    },
    {
      clusterDir: cluster.dir,
      cacheDir,
      update: options.update,
      signal,
      onProgress: (event) => {
        if (event.kind === "note" && !context.json)
          context.out.note(`${event.component}: ${event.text}`);
      },
    },
  );
  const images = await imageFiles(cluster, cache);
  const addresses = addressBook(cluster);
  const renderer = new Renderer(cluster, { now: new Date(), images });
  return {
    clock: systemClock,
    signal,
    env,
    holder: context.process.holder,
    executables,
    target: (machine) => sshTarget(cluster, machine),
    render: async (machine, unameMachine) => {
      const arch = parseArch(unameMachine);
      if (arch === undefined) {
        throw new UsageError(
          `No worker binaries are published for machines of type ${unameMachine}`,
        );
      }
      if (!isWorker(machine)) return renderer.render(machine, []);
      const { components } = settingsOf(cluster.settings, machine.name);
      const { sets, problems } = await resolver.resolve(arch, components);
      const rendered = renderer.render(
        machine,
        COMPONENTS.map((component) => sets[component]),
      );
      return { ...rendered, problems: [...problems, ...rendered.problems] };
    },
    likelyTypes: (machine) => likelyTypes(cluster, machine),
    hook: (machine, call, onLine) =>
      runHook(cluster, { machine, ...call }, { env, signal }, onLine),
    encode: (digest, content) => encodeContent(resolver, digest, content),
    api: (machine) =>
      openNodeApi(cluster.dir, machine.name, {
        clock: systemClock,
        signal,
        addresses,
        readyTimeoutMs: cluster.settings.readyTimeoutMs,
        drainTimeoutMs: cluster.settings.drainTimeoutMs,
      }),
    judgeStep: createStepJudge(cluster, options.allow ?? []),
    allowedRules: options.allow ?? [],
    verifyOptions: (machine, { desired }) => ({
      node: machine.name,
      runtimeEndpoint: desired.criEndpoint,
      podSubnets: desired.podSubnets,
      hostAddress: machine.address,
      image: cluster.settings.verifyImage,
    }),
  };
}

/** The machines of a cluster by every name that a kubeconfig may have for them. */
export function addressBook({ machines }: Cluster): AddressBook {
  return new Map(
    machines.flatMap(({ name, fqdn, address }) => [
      [fqdn, address],
      [name, address],
    ]),
  );
}

/** The types that nodewright.lock has; without one, and where nothing comes from a network, the usual ones. */
async function likelyTypes(cluster: Cluster, machine: Machine): Promise<readonly Arch[]> {
  if (!isWorker(machine)) return [];
  const locked = Object.keys(await readLock(cluster.dir)).filter(isArch);
  if (locked.length > 0) return locked;
  const { components } = settingsOf(cluster.settings, machine.name);
  const isLocal = COMPONENTS.every((component) =>
    LOCAL_SOURCES.includes(components[component]?.source ?? "downloads"),
  );
  return isLocal ? ["amd64", "arm64"] : [];
}

async function imageFiles(cluster: Cluster, cache: ArtifactCache): Promise<ImageFile[]> {
  return Promise.all(
    cluster.settings.images.map(async ({ reference, path }) => {
      try {
        return { reference, localPath: path, ...(await cache.memo.digest(path)) };
      } catch (cause) {
        throw new NodewrightError("image", `Cannot read the archive of ${reference}: ${path}`, {
          fix: "Correct images in nodewright.yaml; nodewright lab up makes the lab's own images",
          cause,
        });
      }
    }),
  );
}

function sshTarget(cluster: Cluster, machine: Machine): SshTarget {
  const { ssh, sudo } = settingsOf(cluster.settings, machine.name);
  const { host, ...settings } = ssh;
  return { ...settings, node: machine.name, host: host ?? machine.address, sudo };
}

async function encodeContent(
  resolver: ArtifactResolver,
  digest: Digest,
  content: Content,
): Promise<SendableBlob> {
  if (content.kind === "bytes") {
    const { bytes } = content;
    return { encoding: "identity", rest: (receivedBytes) => restOfBytes(bytes, receivedBytes) };
  }
  const { path } = content;
  const { size } = Bun.file(path);
  const encoded = await resolver.encode({ sha256: digest, sizeBytes: size, localPath: path });
  return {
    encoding: encoded.encoding,
    rest: (receivedBytes) => blobRest(encoded, size, receivedBytes),
  };
}

/** A rendered text is small: it goes as one chunk. */
function restOfBytes(bytes: Uint8Array, receivedBytes: number): BlobRest {
  const offset = receivedBytes > bytes.length ? 0 : receivedBytes;
  const rest = bytes.subarray(offset);
  const chunks = rest.length === 0 ? [] : [{ bytes: rest, plainBytes: rest.length }];
  return {
    offset,
    encodedOffset: offset,
    chunkCount: chunks.length,
    chunks: (async function* () {
      yield* chunks;
    })(),
  };
}
