import type { KubeClient } from "../../kube/client/mod.ts";
import { API } from "../api/mod.ts";
import type { ServerSettings } from "../config/mod.ts";
import type { User } from "./authenticate.ts";
import { ExpiringCache } from "./expiring-cache.ts";

/** What is asked for, in the API's terms. */
export interface Attributes {
  readonly verb: string;
  readonly path: string;
  /** Of the resource `nodes`; the first that is allowed is enough. */
  readonly subresources: readonly string[];
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const BY_PREFIX: readonly (readonly [prefix: string, subresources: readonly string[]])[] = [
  ["/stats", ["stats"]],
  ["/metrics", ["metrics"]],
  ["/logs", ["log"]],
  ["/checkpoint", ["checkpoint"]],
  ["/statusz", ["statusz"]],
  ["/flagz", ["configz"]],
  ["/pods", ["pods", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
];

/** What a request asks for: the fine-grained subresource first, then `proxy`, which stands for all. */
export function attributesOf(method: string, path: string): Attributes {
  const found = BY_PREFIX.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return { verb: VERBS[method] ?? "", path, subresources: found?.[1] ?? ["proxy"] };
}

/** Asks the API server whether somebody may do something; answers count for a while. */
export class Authorizer {
  readonly #client: KubeClient | undefined;
  readonly #settings: ServerSettings;
  readonly #nodeName: string;
  readonly #answers: ExpiringCache<boolean>;

  constructor(
    client: KubeClient | undefined,
    options: {
      readonly settings: ServerSettings;
      readonly nodeName: string;
      readonly now: () => number;
    },
  ) {
    this.#client = client;
    this.#settings = options.settings;
    this.#nodeName = options.nodeName;
    this.#answers = new ExpiringCache(options.now);
  }

  async allows(user: User, attributes: Attributes): Promise<boolean> {
    if (this.#settings.authorization === "AlwaysAllow") return true;
    for (const subresource of attributes.subresources) {
      if (await this.#ask(user, attributes.verb, subresource)) return true;
    }
    return false;
  }

  async #ask(user: User, verb: string, subresource: string): Promise<boolean> {
    if (this.#client === undefined) return false;
    const key = JSON.stringify([user.name, user.groups, verb, subresource]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const { status } = await this.#client.create(API.accessReviews, {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: { name: "" },
      spec: {
        user: user.name,
        groups: user.groups,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
        resourceAttributes: {
          ...{ verb, version: "v1", resource: "nodes", subresource },
          name: this.#nodeName,
        },
      },
    });
    const isAllowed = status?.allowed === true;
    const { allowCacheMs, denyCacheMs } = this.#settings;
    this.#answers.set(key, isAllowed, isAllowed ? allowCacheMs : denyCacheMs);
    return isAllowed;
  }
}
