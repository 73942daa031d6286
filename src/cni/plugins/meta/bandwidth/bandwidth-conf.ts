import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";

/** How fast one direction may be. */
export interface Limit {
  /** Bits a second. */
  readonly rate: number;
  /** Bits at once. */
  readonly burst: number;
}

/** What a configuration asks of bandwidth; a direction without a limit is left alone. */
export interface BandwidthConf {
  /** To the pod. */
  readonly ingress?: Limit;
  /** From the pod. */
  readonly egress?: Limit;
  /** Milliseconds that a packet may wait at the rate before it is dropped. */
  readonly latencyMs: number;
}

const KEYS = ["ingressRate", "ingressBurst", "egressRate", "egressBurst"];

/** The reference's latency, which has no key there. */
const DEFAULT_LATENCY_MS = 25;
const MAX_LATENCY_MS = 60_000;

/** 2^32-1 bytes is what the reference does not take any more. */
const BURST_END_BITS = 0xffffffff * 8;

/**
 * Reads the limits: of the configuration itself, or, where it has not one of the four keys, of
 * `runtimeConfig.bandwidth`. 0 is no limit. CniError 7 for a wrong value.
 */
export function readBandwidthConf({ object, runtimeConfig }: PluginConf): BandwidthConf {
  const isStatic = KEYS.some((key) => object.has(key));
  const source = isStatic ? object : runtimeConfig.object("bandwidth");
  const latencyMs = object.integer("latency", { min: 1, max: MAX_LATENCY_MS });
  const ingress = source === undefined ? undefined : readLimit(source, "ingress");
  const egress = source === undefined ? undefined : readLimit(source, "egress");
  return {
    ...(ingress === undefined ? {} : { ingress }),
    ...(egress === undefined ? {} : { egress }),
    latencyMs: latencyMs ?? DEFAULT_LATENCY_MS,
  };
}

function readLimit(source: ConfObject, direction: "ingress" | "egress"): Limit | undefined {
  const [rateKey, burstKey] = [`${direction}Rate`, `${direction}Burst`];
  const rate = source.integer(rateKey, { min: 0 }) ?? 0;
  const burst = source.integer(burstKey, { min: 0 }) ?? 0;
  if (rate === 0 && burst === 0) return undefined;
  // The kernel counts bytes: less than one is none.
  if (rate < 8) throw source.wrong(rateKey, `at least 8 bits a second, as "${burstKey}" needs it`);
  if (burst < 8) throw source.wrong(burstKey, `at least 8 bits, as "${rateKey}" needs it`);
  if (burst >= BURST_END_BITS) throw source.wrong(burstKey, "less than 4 GiB, given in bits");
  return { rate, burst };
}

/** The keys of a release of the reference that could leave networks out; it took them back. */
const SUBNET_KEYS = ["unshapedSubnets", "shapedSubnets"];

/** Keys that ask for what neither this plugin nor the present reference does. */
export function ignoredKeys({ object, runtimeConfig }: PluginConf): readonly string[] {
  const sources = [object, runtimeConfig.object("bandwidth")];
  return sources.flatMap((source) =>
    SUBNET_KEYS.filter((key) => (source?.texts(key) ?? []).length > 0).map(
      (key) => source?.pathOf(key) ?? key,
    ),
  );
}
