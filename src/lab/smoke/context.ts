import type { ApiConnection, KubeClient } from "../../kube/client/mod.ts";
import type { Lab, LabDeps } from "../machines/mod.ts";

/** What a step of the smoke test works with. */
export interface SmokeContext {
  readonly client: KubeClient;
  readonly connection: ApiConnection;
  readonly lab: Lab;
  readonly deps: LabDeps;
  /** The image of the pods: a busybox that the nodes have. */
  readonly image: string;
}
