import { z } from "zod";
import { messageOf, NodewrightError } from "../../base/mod.ts";
import { formatIds, type IdSet, parseIds } from "../../machine/mod.ts";
import {
  CheckpointFile,
  type CheckpointFormat,
  map,
  pointer,
  scalar,
  struct,
} from "../checkpoint/mod.ts";
import { type CpuShares, NO_SHARES } from "./cpu-shares.ts";

/** The file's JSON: sets of CPUs as lists (`0-3,6`). */
const schema = z.object({
  policyName: z.string(),
  defaultCpuSet: z.string(),
  /** By pod, then by container. */
  entries: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  checksum: z.number(),
});
type Checkpoint = z.infer<typeof schema>;

const text = scalar("string");

const FORMAT: CheckpointFormat<Checkpoint> = {
  schema,
  checked: pointer(
    struct("state.CPUManagerCheckpoint", {
      PolicyName: ["policyName", text],
      DefaultCPUSet: ["defaultCpuSet", text],
      Entries: ["entries", map(map(text))],
      Checksum: ["checksum", scalar("checksum.Checksum")],
    }),
  ),
  part: (value) => ({ ...value, checksum: 0 }),
  sumOf: ({ checksum }) => checksum,
  withSum: (value, checksum) => ({ ...value, checksum }),
};

/** The file cpu_manager_state: who has which CPUs. */
export class CpuState {
  readonly #file: CheckpointFile<Checkpoint>;
  readonly #policy: string;

  constructor(path: string, policy: "none" | "static") {
    this.#file = new CheckpointFile(path, FORMAT);
    this.#policy = policy;
  }

  /** Nothing where there is no file; rejects, in the kubelet's words, where it cannot be used. */
  async read(): Promise<CpuShares> {
    try {
      const checkpoint = await this.#file.read();
      return checkpoint === undefined ? NO_SHARES : this.#sharesOf(checkpoint);
    } catch (thrown) {
      const why = `could not restore state from checkpoint: ${messageOf(thrown)}`;
      const what = `please drain this node and delete the CPU manager checkpoint file "${this.#file.path}" before restarting Kubelet`;
      throw this.unusable(`${why}, ${what}`, thrown);
    }
  }

  write({ shared, own }: CpuShares): void {
    const entries = [...own].map(([pod, containers]) => {
      const lists = [...containers].map(([name, cpus]) => [name, formatIds(cpus)] as const);
      return [pod, Object.fromEntries(lists)] as const;
    });
    this.#file.write({
      ...{ policyName: this.#policy, defaultCpuSet: formatIds(shared), checksum: 0 },
      entries: Object.fromEntries(entries),
    });
  }

  unusable(why: string, cause?: unknown): NodewrightError {
    return new NodewrightError("config", `Cannot start the CPU manager: ${why}`, {
      ...(cause === undefined ? {} : { cause }),
      fix: `Drain the node, remove ${this.#file.path} and start the agent again`,
    });
  }

  #sharesOf({ policyName, defaultCpuSet, entries }: Checkpoint): CpuShares {
    if (policyName !== this.#policy) {
      throw new Error(
        `configured policy "${this.#policy}" differs from state checkpoint policy "${policyName}"`,
      );
    }
    const shared = parseIds(defaultCpuSet);
    if (shared === undefined) throw new Error(`could not parse default cpu set "${defaultCpuSet}"`);
    const own = new Map<string, ReadonlyMap<string, IdSet>>();
    for (const [pod, containers] of Object.entries(entries)) {
      const lists = new Map<string, IdSet>();
      for (const [name, list] of Object.entries(containers)) {
        const cpus = parseIds(list);
        if (cpus !== undefined) lists.set(name, cpus);
        else {
          const where = `for container "${name}" in pod "${pod}"`;
          throw new Error(`could not parse cpuset "${list}" ${where}`);
        }
      }
      own.set(pod, lists);
    }
    return { shared, own };
  }
}

/** Without a policy nothing is given away: a state of another one is refused, as the kubelet does. */
export async function holdNoCpus(path: string): Promise<void> {
  const state = new CpuState(path, "none");
  await state.read();
  state.write(NO_SHARES);
}
