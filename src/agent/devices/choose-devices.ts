import type { IdSet } from "../../machine/mod.ts";
import { hasNodes } from "./device-hints.ts";
import type { Device } from "./device-shares.ts";

export interface DeviceChoice {
  readonly resource: string;
  readonly count: number;
  readonly all: ReadonlyMap<string, Device>;
  readonly free: readonly string[];
  /** Devices of the pod's own that come first. */
  readonly reusable: readonly string[];
  /** The NUMA nodes that suit. */
  readonly nodes: IdSet | undefined;
  /** Asks the plugin which it would rather give. */
  readonly prefer: (request: {
    readonly available: readonly string[];
    readonly mustInclude: readonly string[];
    readonly size: number;
  }) => Promise<readonly string[]>;
}

/** Devices for a container: its pod's own first, then near ones, then what the plugin prefers. Throws the kubelet's words. */
export async function chooseDevices(choice: DeviceChoice): Promise<readonly string[]> {
  const { resource, count, all } = choice;
  const reused = choice.reusable.slice(0, count);
  const needed = count - reused.length;
  if (needed === 0) return reused;
  const free = choice.free.filter((id) => !reused.includes(id));
  if (free.length < needed) {
    throw new Error(
      `requested number of devices unavailable for ${resource}. Requested: ${needed}, Available: ${free.length}`,
    );
  }
  const { aligned, others } = orderDevices(free, all, choice.nodes);
  const isEnough = needed < aligned.length;
  const pool = isEnough ? aligned : others;
  const given = [...reused, ...(isEnough ? [] : aligned)];
  if (given.length === count) return given;
  const preferred = await choice.prefer({
    available: isEnough ? [...aligned, ...given] : [...free, ...reused],
    ...{ mustInclude: given, size: count },
  });
  const liked = preferred.filter((id) => pool.includes(id));
  return [...given, ...new Set([...liked, ...pool])].slice(0, count);
}

/** Free devices by how near they are to the nodes that suit. */
interface OrderedDevices {
  readonly aligned: readonly string[];
  /** The rest: those of other nodes first, those that say nothing last. */
  readonly others: readonly string[];
}

/** Pure. Without nodes, or where no device says where it is, none is nearer than another. */
function orderDevices(
  free: readonly string[],
  all: ReadonlyMap<string, Device>,
  nodes: IdSet | undefined,
): OrderedDevices {
  if (nodes === undefined || !hasNodes(all)) return { aligned: [], others: free };
  const of = (id: string): IdSet => all.get(id)?.nodes ?? [];
  const isNear = (id: string): boolean => of(id).some((node) => nodes.includes(node));
  const far = free.filter((id) => !isNear(id));
  return {
    aligned: free.filter(isNear),
    others: [...far.filter((id) => of(id).length > 0), ...far.filter((id) => of(id).length === 0)],
  };
}
