import { type Logger, messageOf } from "../base/mod.ts";
import { type Cidr, parseCidr } from "../ip/mod.ts";
import {
  ENDPOINT_SLICES,
  type KubeClient,
  type KubeObject,
  type ListOptions,
  NODES,
  type ResourceType,
  SERVICES,
} from "../kube/client/mod.ts";
import type { EndpointSliceObject, ServiceObject, ServiceStore } from "./model/mod.ts";
import { type NodeFacts, readNode, unknownNode } from "./node-facts.ts";

/** What comes from the API, and whom it is told. */
export interface WatchTargets {
  readonly stores: readonly ServiceStore[];
  readonly nodeName: string;
  /** The own Node has changed, or is gone. */
  readonly onNode: (node: NodeFacts) => void;
  readonly onServiceCidrs: (cidrs: readonly Cidr[]) => void;
  /** Something has changed; called from when everything has been read once. */
  readonly onChange: () => void;
}

/** Services that another proxy serves, and those without an address of their own. */
const SERVED = "!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless";

const SERVICE_CIDRS: ResourceType<ServiceCidrObject> = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "servicecidrs",
  kind: "ServiceCIDR",
  namespaced: false,
};

interface ServiceCidrObject extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
}

/** One kind of object: the whole set first, then changes. */
interface Subscription<T> {
  readonly type: ResourceType<T & KubeObject>;
  readonly options: ListOptions;
  readonly replace: (objects: readonly T[]) => void;
  readonly set: (object: T) => void;
  readonly remove: (object: T) => void;
}

/**
 * Follows Services, EndpointSlices, ServiceCIDRs and the own Node until the signal. Rejects with
 * KubeError where the API server refuses for good (401, 403).
 */
export async function watchApi(
  client: KubeClient,
  targets: WatchTargets,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  /** What has not been read yet: rules made from a part would cut connections. */
  const missing = new Set(["services", "slices", "node", "serviceCidrs"]);
  const changed = (read?: string): void => {
    if (read !== undefined) missing.delete(read);
    if (missing.size === 0) targets.onChange();
  };
  const { stores } = targets;
  const services: Subscription<ServiceObject> = {
    type: SERVICES,
    options: { labelSelector: SERVED },
    replace: (objects) => {
      for (const store of stores) store.replaceServices(objects);
      changed("services");
    },
    set: (object) => {
      for (const store of stores) store.setService(object);
      changed();
    },
    remove: (object) => {
      for (const store of stores) store.removeService(object);
      changed();
    },
  };
  const slices: Subscription<EndpointSliceObject> = {
    type: ENDPOINT_SLICES,
    options: { labelSelector: SERVED },
    replace: (objects) => {
      for (const store of stores) store.replaceSlices(objects);
      changed("slices");
    },
    set: (object) => {
      for (const store of stores) store.setSlice(object);
      changed();
    },
    remove: (object) => {
      for (const store of stores) store.removeSlice(object);
      changed();
    },
  };
  const { nodeName } = targets;
  const node: Subscription<KubeObject> = {
    type: NODES,
    options: { fieldSelector: `metadata.name=${nodeName}` },
    replace: ([found]) => {
      targets.onNode(found === undefined ? unknownNode(nodeName) : readNode(found));
      changed("node");
    },
    set: (object) => {
      targets.onNode(readNode(object));
      changed();
    },
    remove: () => {
      targets.onNode(unknownNode(nodeName));
      changed();
    },
  };
  const follow = { client, signal };
  const cidrs = serviceCidrs((found) => {
    targets.onServiceCidrs(found);
    changed("serviceCidrs");
  });
  await Promise.all([
    subscribe(services, follow),
    subscribe(slices, follow),
    subscribe(node, follow),
    // Servers before 1.33 have no ServiceCIDRs: addresses that nobody has are then not dropped.
    subscribe(cidrs, follow).catch((thrown: unknown) => {
      const reason = messageOf(thrown);
      log.warn("Cannot follow ServiceCIDRs: packets to unused cluster IPs are not dropped", {
        reason,
      });
      changed("serviceCidrs");
    }),
  ]);
}

function serviceCidrs(onChange: (cidrs: readonly Cidr[]) => void): Subscription<ServiceCidrObject> {
  const byName = new Map<string, readonly Cidr[]>();
  const report = (): void => onChange([...byName.values()].flat());
  const read = ({ spec }: ServiceCidrObject): readonly Cidr[] =>
    (spec?.cidrs ?? []).flatMap((text) => {
      const cidr = parseCidr(text);
      return cidr.ok ? [cidr.value] : [];
    });
  return {
    type: SERVICE_CIDRS,
    options: {},
    replace: (objects) => {
      byName.clear();
      for (const object of objects) byName.set(object.metadata.name, read(object));
      report();
    },
    set: (object) => {
      byName.set(object.metadata.name, read(object));
      report();
    },
    remove: (object) => {
      byName.delete(object.metadata.name);
      report();
    },
  };
}

async function subscribe<T extends KubeObject>(
  { type, options, replace, set, remove }: Subscription<T>,
  { client, signal }: { readonly client: KubeClient; readonly signal: AbortSignal },
): Promise<void> {
  for await (const event of client.watch(type, { ...options, signal })) {
    if (event.type === "SYNC") replace(event.items);
    else if (event.type === "DELETED") remove(event.object);
    else set(event.object);
  }
}
