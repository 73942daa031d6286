import { parseQuantity } from "../../base/mod.ts";
import { findContainer, type Pod, type ResourceFieldSelector } from "../api/mod.ts";
import type { Amounts } from "../config/mod.ts";
import { ConfigError } from "./config-error.ts";

/** A container's request or limit as a number in the selector's unit; the node's where it has none. */
export function resourceField(
  pod: Pod,
  selector: ResourceFieldSelector,
  options: { readonly containerName: string; readonly allocatable: Amounts },
): string {
  const name = selector.containerName ?? options.containerName;
  const container = findContainer(pod.spec, name);
  if (container === undefined) throw new ConfigError(`container ${name} not found`);
  const match = /^(limits|requests)\.(.+)$/.exec(selector.resource);
  const [, kind = "limits", resource = ""] = match ?? [];
  if (match === null) throw new ConfigError(`unsupported container resource: ${selector.resource}`);
  const { limits, requests } = container.resources ?? {};
  const written = kind === "limits" ? limits?.[resource] : requests?.[resource];
  const fallback = kind === "limits" ? options.allocatable[resource] : undefined;
  const amount = written === undefined ? (fallback ?? 0) : (parseQuantity(written) ?? 0);
  const divisor = parseQuantity(selector.divisor ?? "1") ?? 1;
  return String(Math.ceil(roundTo(amount / (divisor === 0 ? 1 : divisor))));
}

/** Takes away what floating point adds, before rounding up. */
function roundTo(value: number): number {
  return Number(value.toPrecision(15));
}
