import type { Clock } from "../../base/mod.ts";
import type { KubeClient } from "../../kube/client/mod.ts";
import { API, type Pod, type TokenRequest } from "../api/mod.ts";

/** Which token a pod wants. */
export interface TokenWish {
  readonly audience: string;
  readonly expirationSeconds: number;
}

interface Entry {
  readonly token: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const DAY_MS = 86_400_000;
/** A token is renewed once it has lived this share of its time. */
const RENEW_AT = 0.8;

/** ServiceAccount tokens bound to their pods; renewed in time, kept while renewing fails. */
export class TokenCache {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async get(pod: Pod, wish: TokenWish): Promise<string> {
    const { name, namespace, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? "default";
    const key = [uid, account, wish.audience, wish.expirationSeconds].join("/");
    const known = this.#entries.get(key);
    if (known !== undefined && !this.#isDue(known)) return known.token;
    try {
      const object = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name: account },
        spec: {
          audiences: wish.audience === "" ? [] : [wish.audience],
          expirationSeconds: wish.expirationSeconds,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      };
      const at = { name: account, namespace, subresource: "token" };
      const { status }: TokenRequest = await this.#client.create(API.serviceAccounts, object, {
        at,
      });
      const entry: Entry = {
        token: status?.token ?? "",
        issuedAt: this.#clock.now(),
        expiresAt: Date.parse(status?.expirationTimestamp ?? ""),
      };
      this.#entries.set(key, entry);
      return entry.token;
    } catch (thrown) {
      if (known !== undefined && known.expiresAt > this.#clock.now()) return known.token;
      throw thrown;
    }
  }

  release(uid: string): void {
    for (const key of this.#entries.keys())
      if (key.startsWith(`${uid}/`)) this.#entries.delete(key);
  }

  #isDue({ issuedAt, expiresAt }: Entry): boolean {
    const now = this.#clock.now();
    return now - issuedAt > DAY_MS || now > issuedAt + (expiresAt - issuedAt) * RENEW_AT;
  }
}
