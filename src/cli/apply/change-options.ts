import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { ApplyOptions, CanaryMode } from "../../bootstrap/apply/mod.ts";
import {
  type Cluster,
  type MaxUnavailable,
  parseMaxUnavailable,
  unavailableLimit,
} from "../../bootstrap/inventory/mod.ts";

/** What of an apply the command line may say; the rest is nodewright.yaml's. */
export interface ChangeChoices {
  readonly parallelism?: number | undefined;
  readonly maxUnavailable?: MaxUnavailable | undefined;
  readonly maxFailures?: number | undefined;
  readonly canary?: CanaryMode | undefined;
}

/** How many nodes are changed at once, and when a change stops. */
export function changeOptions(
  { settings, workers }: Cluster,
  chosen: ChangeChoices = {},
): Pick<ApplyOptions, "parallelism" | "maxUnavailable" | "maxFailures" | "canary"> {
  return {
    parallelism: chosen.parallelism ?? settings.parallelism,
    maxUnavailable: unavailableLimit(
      chosen.maxUnavailable ?? settings.maxUnavailable,
      workers.length,
    ),
    maxFailures: chosen.maxFailures ?? settings.maxFailures,
    canary: chosen.canary ?? "auto",
  };
}

/** Parses `--max-unavailable`: a number or a share, as in nodewright.yaml. */
export function unavailableOption(text: string): MaxUnavailable {
  const parsed = parseMaxUnavailable(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError(
    "Expected a whole number of at least 1, or a share of the workers such as 25%.",
  );
}
