/**
 * Contradictions and mistakes in what a worker node reads, found before anything starts: rules over
 * the models of the files, the machine and the API server. Pure: facts come from a source
 * (src/bootstrap/sources), findings go to a report.
 *
 * ```ts
 * const report = check(RULES, subject);
 * for (const finding of report.findings) console.log(finding.rule, finding.message);
 * ```
 *
 * @module
 */

export { type CheckOptions, check, type Suppression } from "./check.ts";
export { BENCHMARK, CIS_RULES } from "./cis/mod.ts";
export type { ApiCsr, ApiFacts, ApiNode, ApiPod, ApiService } from "./facts/api-facts.ts";
export type { BinaryFact, ComponentVersions, VersionedComponent } from "./facts/binaries.ts";
export type { CheckSubject, ClusterFactMap } from "./facts/cluster-facts.ts";
export type { CollectedFiles, CollectedNode } from "./facts/collected-node.ts";
export { FactDeriver } from "./facts/fact-deriver.ts";
export type { FileKind, FileProblem } from "./facts/file-problem.ts";
export type {
  HostDial,
  HostDisk,
  HostFacts,
  HostFirewall,
  HostLink,
  HostListener,
  HostRoute,
  HostRuntime,
  HostUnit,
} from "./facts/host-facts.ts";
export type { Inventory, InventoryMachine } from "./facts/inventory.ts";
export type {
  CertificateFact,
  KubeconfigFact,
  NetworkFact,
  NodeFactMap,
  NodeFacts,
  TlsPair,
  UnitFact,
  Versions,
} from "./facts/node-facts.ts";
export type { NodeInput } from "./facts/node-input.ts";
export {
  CHECKED_FILES,
  CHECKED_FOLDERS,
  CHECKED_UNITS,
  dropInFolders,
  LISTED_FOLDERS,
  UNIT_DIRS,
} from "./facts/node-paths.ts";
export { type NodeFile, type NodeTree, treeOf } from "./facts/node-tree.ts";
export type {
  CheckReport,
  Edit,
  Finding,
  Found,
  NotApplicable,
  RuleId,
  Severity,
  Suppressed,
} from "./finding.ts";
export { parseHostname } from "./node-name.ts";
export { describeHolds } from "./not-applicable.ts";
export type { ClusterRule, Holds, NodeRule, Provoked, Rule, RuleInfo, Stage } from "./rule.ts";
export { RULES } from "./rules/mod.ts";
