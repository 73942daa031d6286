import type { Container, Pod, ResourceClaim } from "../api/mod.ts";
import type { ClaimDrivers } from "./claim-drivers.ts";
import { type ClaimName, claimNames, containerRequests } from "./claim-names.ts";
import type { Claim, ClaimDevice, ClaimState } from "./claim-state.ts";

export interface ClaimsDeps {
  readonly drivers: ClaimDrivers;
  readonly state: ClaimState;
  /** A claim as the API server has it now. */
  readonly fetch: (namespace: string, name: string) => Promise<ResourceClaim>;
}

/** ResourceClaims of pods: their drivers make the devices ready before a pod, and put them away after it. */
export class Claims {
  readonly #deps: ClaimsDeps;
  readonly #claims = new Map<string, Claim>();
  /** Claims that a driver has made ready since the start of the agent; before it may not count. */
  readonly #prepared = new Set<string>();

  /** With what was ready before. Rejects where that cannot be trusted. */
  static async open(deps: ClaimsDeps): Promise<Claims> {
    const claims = new Claims(deps);
    for (const claim of await deps.state.read()) claims.#claims.set(keyOf(claim), claim);
    return claims;
  }

  private constructor(deps: ClaimsDeps) {
    this.#deps = deps;
  }

  /** Makes everything ready that the pod has claimed. Rejects with the kubelet's words. */
  async prepare(pod: Pod): Promise<void> {
    const names = claimNames(pod);
    if (names.length === 0) return;
    const { namespace, uid } = pod.metadata;
    const fetched = await Promise.all(names.map((name) => this.#fetch(pod, name)));
    const batches = new Map<string, Claim[]>();
    for (const object of fetched) {
      const claim = this.#reserve(object, { namespace, podUid: uid });
      if (this.#prepared.has(claim.uid)) continue;
      for (const driver of claim.devices.keys()) {
        batches.set(driver, [...(batches.get(driver) ?? []), claim]);
      }
    }
    this.#write();
    for (const [driver, claims] of batches) {
      const answers = await this.#deps.drivers.prepare(driver, claims);
      for (const claim of claims) {
        const devices = (answers[claim.uid]?.devices ?? []).map(
          (one): ClaimDevice => ({
            ...{ pool: one.poolName, device: one.deviceName, requests: one.requestNames },
            ...{
              cdi: one.cdiDeviceIds,
              ...(one.shareId === undefined ? {} : { shareId: one.shareId }),
            },
          }),
        );
        const now = this.#claims.get(keyOf(claim)) ?? claim;
        this.#set({ ...now, devices: new Map([...now.devices, [driver, devices]]) });
      }
    }
    for (const claim of [...batches.values()].flat()) this.#prepared.add(claim.uid);
    this.#write();
  }

  /** Puts away what no other pod of the node uses. Rejects where a driver fails: it is to be tried again. */
  async unprepare(podUid: string): Promise<void> {
    const own = [...this.#claims.values()].filter(({ podUids }) => podUids.has(podUid));
    if (own.length === 0) return;
    const last = own.filter(({ podUids }) => podUids.size === 1);
    const batches = new Map<string, Claim[]>();
    for (const claim of last) {
      for (const driver of claim.devices.keys()) {
        batches.set(driver, [...(batches.get(driver) ?? []), claim]);
      }
    }
    for (const [driver, claims] of batches) await this.#deps.drivers.unprepare(driver, claims);
    for (const claim of own) {
      const podUids = new Set([...claim.podUids].filter((uid) => uid !== podUid));
      if (podUids.size > 0) this.#set({ ...claim, podUids });
      else {
        this.#claims.delete(keyOf(claim));
        this.#prepared.delete(claim.uid);
      }
    }
    this.#write();
  }

  /** Puts away what only pods use that are not among these. */
  async retain(podUids: ReadonlySet<string>): Promise<void> {
    const users = new Set([...this.#claims.values()].flatMap((claim) => [...claim.podUids]));
    for (const uid of users) if (!podUids.has(uid)) await this.unprepare(uid);
  }

  /** The names of a container's devices in the Container Device Interface. */
  cdiDevices(pod: Pod, container: Container): readonly string[] {
    return [...containerRequests(pod, container)].flatMap(([name, requests]) => {
      const claim = this.#claims.get(`${pod.metadata.namespace}/${name}`);
      if (claim === undefined)
        throw new Error(`unable to get claim info for ResourceClaim ${name}`);
      const all = [...claim.devices.values()].flat();
      return requests.flatMap((request) =>
        all.filter((device) => isFor(device, request)).flatMap(({ cdi }) => cdi),
      );
    });
  }

  /** The claims that a container uses. */
  ofContainer(pod: Pod, container: Container): readonly Claim[] {
    if (
      (pod.spec.resourceClaims ?? []).length === 0 &&
      pod.status?.extendedResourceClaimStatus === undefined
    ) {
      return [];
    }
    return [...containerRequests(pod, container).keys()].flatMap((name) => {
      const claim = this.#claims.get(`${pod.metadata.namespace}/${name}`);
      return claim === undefined ? [] : [claim];
    });
  }

  async #fetch(pod: Pod, { name, owned }: ClaimName): Promise<ResourceClaim> {
    const { namespace, name: podName, uid } = pod.metadata;
    const claim = await this.#deps.fetch(namespace, name).catch((thrown: unknown) => {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Error(`fetch ResourceClaim ${name}: ${why}`, { cause: thrown });
    });
    const owner = claim.metadata.ownerReferences?.find((one) => one.controller === true)?.uid;
    if (owned && owner !== uid) {
      throw new Error(
        `ResourceClaim ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`,
      );
    }
    const claimUid = claim.metadata.uid ?? "";
    if (
      claim.status?.reservedFor?.some((one) => one.resource === "pods" && one.uid === uid) !== true
    ) {
      throw new Error(
        `pod ${podName} (${uid}) is not allowed to use ResourceClaim ${name} (${claimUid})`,
      );
    }
    if (claim.status.allocation === undefined)
      throw new Error(`ResourceClaim ${name}: not allocated`);
    return claim;
  }

  /** Notes that the pod uses the claim. */
  #reserve(
    { metadata, status }: ResourceClaim,
    { namespace, podUid }: { readonly namespace: string; readonly podUid: string },
  ): Claim {
    const { name, uid = "" } = metadata;
    const before = this.#claims.get(`${namespace}/${name}`);
    if (before !== undefined && before.uid !== uid) {
      throw new Error(
        `old ResourceClaim with same name ${name} and different UID ${before.uid} still exists (previous pod force-deleted?!)`,
      );
    }
    const drivers = new Set(
      (status?.allocation?.devices?.results ?? []).map(({ driver }) => driver),
    );
    const devices = before?.devices ?? new Map([...drivers].map((driver) => [driver, []]));
    const podUids = new Set([...(before?.podUids ?? []), podUid]);
    return this.#set({ uid, name, namespace, podUids, devices });
  }

  #set(claim: Claim): Claim {
    this.#claims.set(keyOf(claim), claim);
    return claim;
  }

  #write(): void {
    this.#deps.state.write([...this.#claims.values()]);
  }
}

function keyOf({ namespace, name }: Pick<Claim, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** True where the device is for a request; "" stands for all of the claim's. */
function isFor({ requests }: ClaimDevice, request: string): boolean {
  return request === "" || requests.length === 0 || requests.includes(request);
}
