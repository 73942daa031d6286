import type { MessageShape } from "@bufbuild/protobuf";
import { createUnixClient, type UnixClient } from "../../grpc/mod.ts";
import { DRAPlugin, type NodePrepareResourcesResponseSchema } from "../plugin-apis/mod.ts";
import type { PluginHandler, PluginInfo } from "../plugin-watcher/mod.ts";
import type { Claim } from "./claim-state.ts";

const SERVICE = "v1.DRAPlugin";
/** The kubelet's own. */
const CALL_MS = 45_000;

type Prepared = MessageShape<typeof NodePrepareResourcesResponseSchema>["claims"];
type ClaimRef = Pick<Claim, "uid" | "name" | "namespace">;

interface Driver {
  readonly info: PluginInfo;
  readonly client: UnixClient<typeof DRAPlugin>;
}

/** Drivers of dynamic resources that are on this node, by their names. */
export class ClaimDrivers implements PluginHandler, Disposable {
  readonly #drivers = new Map<string, Driver>();

  register(info: PluginInfo): void {
    if (!info.versions.includes(SERVICE)) {
      const list = (names: readonly string[]): string => names.map((one) => `"${one}"`).join(" ");
      throw new Error(
        `none of services supported by the plugin ([${list(info.versions)}]) are supported by the kubelet ([${list([SERVICE])}])`,
      );
    }
    this.#drivers.get(info.name)?.client[Symbol.dispose]();
    const client = createUnixClient(info.endpoint, DRAPlugin, { deadlineMs: CALL_MS });
    this.#drivers.set(info.name, { info, client });
  }

  deregister({ name, endpoint }: PluginInfo): void {
    const driver = this.#drivers.get(name);
    // A newer plugin of the same driver may have taken its place.
    if (driver === undefined || driver.info.endpoint !== endpoint) return;
    driver.client[Symbol.dispose]();
    this.#drivers.delete(name);
  }

  /** What the driver has prepared of each claim, by its uid; rejects where it has failed with one. */
  async prepare(driver: string, claims: readonly ClaimRef[]): Promise<Prepared> {
    const answer = await this.#service(driver)
      .nodePrepareResources({ claims: claims.map(refOf) })
      .catch(failed("NodePrepareResources"));
    assertAll("NodePrepareResources", claims, answer.claims);
    return answer.claims;
  }

  /** Rejects where the driver has failed with one of the claims. */
  async unprepare(driver: string, claims: readonly ClaimRef[]): Promise<void> {
    const answer = await this.#service(driver)
      .nodeUnprepareResources({ claims: claims.map(refOf) })
      .catch(failed("NodeUnprepareResources"));
    assertAll("NodeUnprepareResources", claims, answer.claims);
  }

  [Symbol.dispose](): void {
    for (const { client } of this.#drivers.values()) client[Symbol.dispose]();
  }

  #service(driver: string) {
    const found = this.#drivers.get(driver);
    if (found === undefined) throw new Error(`DRA driver ${driver} is not registered`);
    return found.client.service;
  }
}

function refOf({ uid, name, namespace }: ClaimRef): ClaimRef {
  return { uid, name, namespace };
}

function failed(call: string): (thrown: unknown) => never {
  return (thrown) => {
    throw new Error(`${call}: ${thrown instanceof Error ? thrown.message : thrown}`, {
      cause: thrown,
    });
  };
}

function assertAll(
  call: string,
  claims: readonly ClaimRef[],
  answers: Readonly<Record<string, { readonly error: string }>>,
): void {
  const uids = Object.keys(answers);
  for (const uid of uids) {
    const claim = claims.find((one) => one.uid === uid);
    if (claim === undefined)
      throw new Error(`${call} returned result for unknown claim UID ${uid}`);
    const error = answers[uid]?.error ?? "";
    if (error !== "") throw new Error(`${call} failed for ResourceClaim ${claim.name}: ${error}`);
  }
  const skipped = claims.length - uids.length;
  if (skipped > 0) throw new Error(`${call} skipped ${skipped} ResourceClaims`);
}
