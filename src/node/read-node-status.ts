import { basename } from "node:path";
import type { DesiredFile, ObservedFile } from "../plan/mod.ts";
import type { NodeContext } from "./node-context.ts";
import { observeFiles } from "./observe-node.ts";
import type { NodeStatus } from "./protocol/protocol.ts";
import { readExpiries } from "./read-expiries.ts";
import { currentOf, type GenerationRecord, interruptedOf, toGeneration } from "./store/store.ts";

/** Programs that answer `--version` at once and without a configuration. */
const WITH_VERSION = ["containerd", "runc", "crictl", "kubelet", "kube-proxy"];
const VERSION_TIMEOUT_MS = 5000;

/** What runs on the node, and what is no longer as it was put there. */
export async function readNodeStatus(node: NodeContext): Promise<NodeStatus> {
  const { machine, store } = node;
  const records = await store.generations();
  const [current, interrupted] = [currentOf(records), interruptedOf(records)];
  const desired = (interrupted ?? current)?.desired;
  const files = desired?.files ?? [];
  const now = await observeFiles(
    node,
    files.map((file) => file.path),
  );
  const failed = failedLast(records);
  const routes = desired?.routes ?? [];
  const vias = await machine.kernel.readRoutes(routes.map(({ destination }) => destination));
  const units = await machine.systemd.show((desired?.units ?? []).map((unit) => unit.name));
  return {
    toolVersion: machine.toolVersion,
    ...(current === undefined ? {} : { current: toGeneration(current) }),
    ...(interrupted === undefined ? {} : { interrupted: toGeneration(interrupted) }),
    units: Object.fromEntries(
      Object.entries(units).map(([name, { activeState, subState, unitFileState }]) => [
        name,
        { activeState, subState, unitFileState },
      ]),
    ),
    ...(failed === undefined ? {} : { failed: toGeneration(failed) }),
    stopped: (desired?.units ?? [])
      .filter(({ run, ready }) => run && ready.kind !== "exited")
      .map(({ name }) => name)
      .filter((name) => units[name]?.activeState !== "active"),
    drift: files.flatMap((file) => {
      const what = driftOf(file, now[file.path]);
      return what === undefined ? [] : [{ path: file.path, what }];
    }),
    routes: routes.flatMap(({ destination, via }) => {
      const found = vias[destination] ?? null;
      return found === via ? [] : [{ destination, via, found }];
    }),
    certificates: await readExpiries(
      node,
      files.filter(({ text }) => text).map(({ path }) => path),
    ),
    versions: await readVersions(node, files),
  };
}

/** The newest generation, where it was rolled back: what stands is the one before it. */
function failedLast(records: readonly GenerationRecord[]): GenerationRecord | undefined {
  const last = records.at(-1);
  return last?.state === "failed" ? last : undefined;
}

function driftOf(file: DesiredFile, now: ObservedFile | undefined): string | undefined {
  if (now === undefined || now.kind === "absent") return "absent";
  if (now.kind === "other") return `replaced by ${now.what}`;
  if (now.digest !== file.digest) return "changed";
  if (now.mode !== file.mode) {
    return `mode ${now.mode.toString(8).padStart(4, "0")} instead of ${file.mode.toString(8).padStart(4, "0")}`;
  }
  return now.uid === 0 && now.gid === 0 ? undefined : `owned by ${now.uid}:${now.gid}`;
}

async function readVersions(
  { machine }: NodeContext,
  files: readonly DesiredFile[],
): Promise<Record<string, string>> {
  const programs = files.filter(
    (file) => WITH_VERSION.includes(basename(file.path)) && (file.mode & 0o111) !== 0,
  );
  const found = await Promise.all(
    programs.map(async (file): Promise<[string, string][]> => {
      const argv = [machine.disk.at(file.path), "--version"];
      const result = await machine
        .exec(argv, { timeoutMs: VERSION_TIMEOUT_MS })
        .catch(() => undefined);
      const version = /\bv?(\d+\.\d+\.\d+[^\s,]*)/.exec(result?.stdout ?? "")?.[1];
      return version === undefined ? [] : [[basename(file.path), version]];
    }),
  );
  return Object.fromEntries(found.flat());
}
