/**
 * Family A: the container runtime and the kubelet.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { architecture, glibcFits, onSearchPath } from "./binaries.ts";
import { cgroupDriver, cgroupDriverSource, handlersAgree } from "./cgroup-driver.ts";
import { configVersion, sectionNames } from "./config-version.ts";
import { criEndpoint } from "./cri-endpoint.ts";
import { criEnabled, criLoads } from "./cri-plugin.ts";
import { deprecatedKey } from "./deprecated-keys.ts";
import { ownDirectories } from "./directories.ts";
import { foreignRuntime } from "./foreign-runtime.ts";
import { noProxy } from "./proxy.ts";
import { requiredPlugins } from "./required-plugins.ts";
import { runtimeReady } from "./runtime-conditions.ts";
import { runtimeType } from "./runtime-type.ts";
import { sandboxImage } from "./sandbox-image.ts";
import { snapshotterWorks } from "./snapshotter.ts";
import { criVersion, runcVersion, testedPair, upgradeStep } from "./version-pairs.ts";

/** In the order of their ids. */
export const RUNTIME_RULES: readonly Rule[] = [
  cgroupDriver,
  cgroupDriverSource,
  handlersAgree,
  configVersion,
  sectionNames,
  criEnabled,
  criLoads,
  criEndpoint,
  criVersion,
  testedPair,
  upgradeStep,
  runcVersion,
  glibcFits,
  architecture,
  onSearchPath,
  runtimeType,
  snapshotterWorks,
  sandboxImage,
  deprecatedKey,
  foreignRuntime,
  noProxy,
  runtimeReady,
  requiredPlugins,
  ownDirectories,
];
