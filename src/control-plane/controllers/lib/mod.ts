/**
 * What all controllers are made of: a view of the cluster, plans as data, and the loop that carries
 * them out.
 *
 * @module
 */
export { type Claim, type Claimant, claim } from "./claim.ts";
export type { Cluster } from "./cluster.ts";
export {
  type Controller,
  type ControllerDeps,
  startController,
  type Watch,
  watch,
} from "./controller.ts";
export { type Discovery, discover } from "./discover.ts";
export {
  createPod,
  createWithEvents,
  deletePod,
  type PodOwner,
  podFromTemplate,
  podWatch,
  sameGroup,
} from "./pods.ts";
export {
  hashOfRevision,
  planRevisions,
  REVISION_LABEL,
  type RevisionPlan,
  templateOf,
} from "./revisions.ts";
export {
  NOTHING,
  type Outcome,
  type Plan,
  statusWrite,
  type Write,
  type WriteFailure,
} from "./write.ts";
export { reasonOf } from "./writer.ts";
