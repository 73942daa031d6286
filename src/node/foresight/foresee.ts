import { existsSync, readdirSync, statSync } from "node:fs";
import { basename } from "node:path";
import { textOrEmpty } from "../../sys/mod.ts";
import type { Machine } from "../machine.ts";

/** What an apply is going to do, as far as its end can be seen before. */
export interface ForesightRequest {
  /** Command lines that units run before their start and that must succeed. */
  readonly commands: readonly (readonly string[])[];
  /** Images that pods are started from. */
  readonly images: readonly string[];
  readonly criEndpoint: string;
}

/** What the machine says to that. Nothing was changed. */
export interface Foresight {
  /** The command lines that are going to fail; one that cannot be tried without effect is not among them. */
  readonly failing: readonly { readonly argv: readonly string[]; readonly why: string }[];
  /** The images that the runtime has; null where it does not run and may have some. */
  readonly images: readonly string[] | null;
  /** Whether a service may lower an oom_score_adj; null: not known. */
  readonly mayLowerOomScore: boolean | null;
  /** Whether /dev/kmsg is there, which a kubelet reads. */
  readonly hasKmsg: boolean;
  /** Whether containerd has hosts of its own for registries: mirrors. */
  readonly hasRegistryHosts: boolean;
}

/** capabilities(7): CAP_SYS_RESOURCE is the 24th. */
const CAP_SYS_RESOURCE = 24n;
const CONTAINERD_METADATA = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";
const REGISTRY_HOSTS = "/etc/containerd/certs.d";

/** Tries what can be tried without an effect. */
export async function foresee(machine: Machine, request: ForesightRequest): Promise<Foresight> {
  const { disk } = machine;
  const tried = await Promise.all(
    request.commands.map(async (argv) => {
      const why = await whyFailing(machine, argv);
      return why === undefined ? [] : [{ argv, why }];
    }),
  );
  return {
    failing: tried.flat(),
    images: await presentImages(machine, request),
    mayLowerOomScore: readMayLowerOomScore(disk.at("/proc/1/status")),
    hasKmsg: existsSync(disk.at("/dev/kmsg")),
    hasRegistryHosts: namesIn(disk.at(REGISTRY_HOSTS)).length > 0,
  };
}

/** Of the capabilities that systemd gives on to its services; null where it is not told. */
export function readMayLowerOomScore(statusFile: string): boolean | null {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(textOrEmpty(statusFile))?.[1];
  if (bounding === undefined) return null;
  return ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

/** Only modprobe has a dry run; of every other program it is known whether it is there. */
async function whyFailing(
  { disk, exec }: Machine,
  argv: readonly string[],
): Promise<string | undefined> {
  const [program = "", ...words] = argv;
  if (program.startsWith("/") && !isExecutable(disk.at(program))) return "no such program";
  if (basename(program) !== "modprobe") return undefined;
  const result = await exec([disk.at(program), "-n", ...words]).catch(() => undefined);
  if (result === undefined || result.exitCode === 0) return undefined;
  return result.stderr.trim().split("\n")[0] || `it ends with ${result.exitCode}`;
}

async function presentImages(
  { disk, cri }: Machine,
  { criEndpoint, images }: ForesightRequest,
): Promise<readonly string[] | null> {
  if (images.length === 0) return [];
  return cri
    .images(criEndpoint, images)
    .catch(() => (existsSync(disk.at(CONTAINERD_METADATA)) ? null : []));
}

function isExecutable(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && (status.mode & 0o111) !== 0;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
