import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { KubeClient } from "../../kube/client/mod.ts";
import { certificateUser } from "../../kube/serving/mod.ts";
import { API } from "../api/mod.ts";
import type { ServerSettings } from "../config/mod.ts";
import { ExpiringCache } from "./expiring-cache.ts";

/** Who asks. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

const ANONYMOUS: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Finds out who asks: by a client certificate of the cluster's CA, or by a token that the API server reviews. */
export class Authenticator {
  readonly #client: KubeClient | undefined;
  readonly #settings: ServerSettings;
  readonly #tokens: ExpiringCache<User | "unknown">;

  constructor(client: KubeClient | undefined, settings: ServerSettings, now: () => number) {
    this.#client = client;
    this.#settings = settings;
    this.#tokens = new ExpiringCache(now);
  }

  /** undefined where nobody knows the caller. */
  async identify(request: IncomingMessage): Promise<User | undefined> {
    const byCertificate = certificateUser(request);
    if (byCertificate !== undefined) {
      return { ...byCertificate, groups: [...byCertificate.groups, "system:authenticated"] };
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token !== undefined) return await this.#review(token);
    return this.#settings.anonymous ? ANONYMOUS : undefined;
  }

  async #review(token: string): Promise<User | undefined> {
    if (this.#client === undefined || !this.#settings.webhook) return undefined;
    // The token itself is kept nowhere.
    const key = createHash("sha256").update(token).digest("hex");
    const known = this.#tokens.get(key);
    if (known !== undefined) return known === "unknown" ? undefined : known;
    const { status } = await this.#client.create(API.tokenReviews, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: { name: "" },
      spec: { token },
    });
    const { username, groups = [], uid } = status?.user ?? {};
    const isKnown = status?.authenticated === true && username !== undefined;
    const user = isKnown
      ? { name: username, groups, ...(uid === undefined ? {} : { uid }) }
      : undefined;
    this.#tokens.set(key, user ?? "unknown", this.#settings.tokenCacheMs);
    return user;
  }
}
