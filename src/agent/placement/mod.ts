/**
 * Where on the machine pods run: CPUs that a container has for itself, and NUMA nodes that it gets
 * everything from. Decisions are pure (`takeCpus`, `cpuHints`, `mergeHints`); what has been given
 * away is kept in the kubelet's own checkpoint files.
 *
 * @module
 */
export { type Hint, type Hints, NO_HINTS, nodeSets } from "./hints.ts";
export { openPlaces, Places } from "./places.ts";
export { AllocationError, type ResourceProvider, shareTakers } from "./provider.ts";
