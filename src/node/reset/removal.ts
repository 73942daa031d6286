import type { NodeTraces } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TakeAwayReport } from "./take-away-report.ts";

/** What a removal works from: the memory of the node, and what its pods leave. */
export interface TakeAway extends NodeContext {
  readonly ledger: Ledger;
  readonly traces: NodeTraces;
  readonly criEndpoint: string | undefined;
  readonly criUnit: string | undefined;
  /** In the order in which they are started. */
  readonly units: readonly string[];
  readonly report: TakeAwayReport;
}
