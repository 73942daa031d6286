import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { messageOf, systemClock, UsageError } from "../../base/mod.ts";
import type { ConfList, JsonObject } from "../../cni/mod.ts";
import {
  type AttachmentSpec,
  bootedAtMs,
  type CachedAttachment,
  type CallObserver,
  type ConfDir,
  completeList,
  createRunProcess,
  isSameNetns,
  PluginCaller,
  ResultCache,
  Runtime,
  RuntimeLocks,
  readConfDir,
  requireNetwork,
} from "../../cni/runtime/mod.ts";
import type { CliContext } from "../context.ts";
import {
  type AttachmentOptions,
  objectOption,
  type PlaceOptions,
  pairsOption,
} from "./common-options.ts";
import { resolveNetns } from "./resolve-netns.ts";

/** One call of a `nodewright cni` command: where things are, and the runtime over them. */
export interface CniSession {
  readonly confDir: ConfDir;
  /** The directories of plugins. */
  readonly path: readonly string[];
  readonly cache: ResultCache;
  readonly runtime: Runtime;
}

/** What a session may have beside its options. */
export interface SessionExtras {
  readonly observer?: CallObserver;
  /** CNI_PATH as plugins see it, where it is another than the directories searched. */
  readonly givenPath?: readonly string[];
  /** False for what must be done although this program was interrupted. */
  readonly isInterruptible?: boolean;
}

/** Opens a session; environment variables are cnitool's, options go before them. */
export function openSession(
  context: CliContext,
  options: PlaceOptions,
  { isInterruptible = true, ...extras }: SessionExtras = {},
): CniSession {
  context.afterInterrupt = undefined;
  const { cwd, env, holder } = context.process;
  const stop = isInterruptible ? { signal: context.signal } : {};
  const confDir = options.confDir ?? variable(context, "NETCONFPATH") ?? "/etc/cni/net.d";
  const path = pluginDirectories(context, options);
  const cacheDir = resolve(cwd, options.cacheDir);
  const cache = new ResultCache(cacheDir);
  const timeoutMs = options.timeout * 1000;
  const wait = { clock: systemClock, timeoutMs: 2 * timeoutMs, holder, ...stop };
  const caller = new PluginCaller({
    path,
    env,
    run: createRunProcess(systemClock),
    timeoutMs,
    onLog: (type, line) => context.out.note(`${type}: ${line}`),
    ...stop,
    ...extras,
  });
  const runtime = new Runtime({
    caller,
    cache,
    locks: new RuntimeLocks(cacheDir, wait),
    bootedAtMs: bootedAtMs(),
    note: (text) => context.out.note(`note: ${text}`),
  });
  return { confDir: readConfDir(resolve(cwd, confDir)), path, cache, runtime };
}

/** The directories that plugins are looked for in, as absolute paths. */
export function pluginDirectories(
  context: CliContext,
  { pluginDir }: Pick<PlaceOptions, "pluginDir">,
): readonly string[] {
  const text = pluginDir ?? variable(context, "CNI_PATH") ?? "/opt/cni/bin";
  return text
    .split(":")
    .filter((directory) => directory !== "")
    .map((directory) => resolve(context.process.cwd, directory));
}

/** The attachment that a command line is about. */
export function readAttachment(
  context: CliContext,
  netnsText: string,
  options: AttachmentOptions,
): AttachmentSpec {
  const netns = resolveNetns(netnsText, context.process.cwd);
  return {
    containerId: options.containerId ?? cnitoolId(netns),
    netns,
    ifName: options.ifname ?? variable(context, "CNI_IFNAME") ?? "eth0",
    args: options.args ?? fromVariable(context, "CNI_ARGS", pairsOption) ?? [],
    capabilityArgs:
      options.capArgs ?? fromVariable<JsonObject>(context, "CAP_ARGS", objectOption) ?? {},
  };
}

/** The container ID that cnitool gives to a namespace: the same tool made it, the same takes it. */
export function cnitoolId(netns: string): string {
  return `cnitool-${createHash("sha512").update(netns).digest("hex").slice(0, 20)}`;
}

/** A network of the directory; neighbours that are malformed are told of. */
export function networkOf(session: CniSession, name: string, context: CliContext): ConfList {
  const { list } = requireNetwork(session.confDir, name);
  if (!context.json) warnOfNeighbours(session.confDir, context);
  return list;
}

function warnOfNeighbours({ files }: ConfDir, { out }: CliContext): void {
  for (const file of files) {
    if (file.list !== undefined) continue;
    const [problem] = file.problems;
    if (problem !== undefined) out.note(`warning: passed over "${file.path}": ${problem.message}`);
  }
}

/**
 * What CHECK and DEL of an attachment go by: the network and the parameters of its ADD, as the
 * cache has them (SPEC 1.1, section 3: they must be the same). Where it has none, those of the
 * command line.
 */
export function attachedNetwork(
  session: CniSession,
  { name, attachment }: { readonly name: string; readonly attachment: AttachmentSpec },
  context: CliContext,
): { readonly list: ConfList; readonly attachment: AttachmentSpec } {
  const cached = cachedAttachment(session, name, attachment);
  const list = cached === undefined ? undefined : cachedList(session, cached);
  if (cached === undefined || list === undefined) {
    return { list: networkOf(session, name, context), attachment };
  }
  if (context.verbose) context.out.note(`The network is as at its ADD: "${cached.path}"`);
  const { containerId, args, capabilityArgs } = cached;
  return { list, attachment: { ...attachment, containerId, args, capabilityArgs } };
}

/**
 * The cache's entry of an attachment. cnitool's ID is made from a path of the namespace, and a
 * namespace can have several: the entry of another path of the same one, or of the same place under
 * /var/run, counts as well.
 */
function cachedAttachment(
  { cache }: CniSession,
  network: string,
  attachment: AttachmentSpec,
): CachedAttachment | undefined {
  const exact = cache.read({ ...attachment, network });
  if (exact !== undefined || attachment.containerId !== cnitoolId(attachment.netns)) return exact;
  const place = (path: string): string => path.replace(/^\/var\/run\//, "/run/");
  return cache.list().attachments.find((one) => {
    if (one.network !== network || one.ifName !== attachment.ifName || one.netns === "")
      return false;
    if (one.containerId !== cnitoolId(one.netns)) return false;
    return place(one.netns) === place(attachment.netns) || isSameNetns(one.netns, attachment.netns);
  });
}

function cachedList({ confDir }: CniSession, cached: CachedAttachment): ConfList | undefined {
  return cached.list === undefined ? undefined : completeList(cached.list, confDir.path).value;
}

function fromVariable<T>(
  context: CliContext,
  name: string,
  parse: (text: string) => T,
): T | undefined {
  const text = variable(context, name);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new UsageError(`Cannot use the variable ${name}: ${text}`, { fix: why });
  }
}

function variable({ process }: CliContext, name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}
