import type { SourceLocation } from "../../../base/mod.ts";
import { parseQuantity } from "../../../base/mod.ts";
import type { KubeletConfig } from "../kubelet-config.ts";

const FIELDS = ["systemReserved", "kubeReserved"] as const;

/** How much of a resource is kept back for the system and the kubelet, in its base unit. */
export function reserved(config: KubeletConfig, resource: string): number {
  let sum = 0;
  for (const field of FIELDS) {
    sum += parseQuantity(config.reader.text([field, resource])?.value ?? "") ?? 0;
  }
  return sum;
}

/** The places of the reservations of a resource. */
export function reservationPlaces(
  config: KubeletConfig,
  resource: string,
): readonly SourceLocation[] {
  return FIELDS.flatMap((field) => config.reader.text([field, resource])?.location ?? []);
}

/** A threshold below which pods are evicted: so many bytes, or a part of all. */
export interface EvictionThreshold {
  readonly bytes?: number;
  readonly share?: number;
  readonly text: string;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  "memory.available": "100Mi",
  "nodefs.available": "10%",
};

/**
 * evictionHard of a signal. The defaults count only where the file has no evictionHard at all, or
 * asks for both to be merged.
 */
export function evictionThreshold(
  config: KubeletConfig,
  signal: string,
): EvictionThreshold | undefined {
  const own = config.reader.text(["evictionHard", signal])?.value;
  const isMerged = config.reader.boolean(["mergeDefaultEvictionSettings"])?.value === true;
  const hasOwn = config.document.node(["evictionHard"])?.kind === "map";
  const text = own ?? (isMerged || !hasOwn ? DEFAULTS[signal] : "0");
  if (text === undefined) return undefined;
  if (text.endsWith("%")) return { share: Number(text.slice(0, -1)) / 100, text };
  const bytes = parseQuantity(text);
  return bytes === undefined ? undefined : { bytes, text };
}
