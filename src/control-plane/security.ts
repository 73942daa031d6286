import type { Logger } from "../base/mod.ts";
import { type ApiExtensions, type Authenticator, forbiddenError } from "./api/mod.ts";
import { admissions } from "./auth/admission/mod.ts";
import { runCertificateController } from "./auth/certificates/mod.ts";
import {
  CertificateAuthenticator,
  impersonate,
  RequestAuthenticator,
} from "./auth/identity/mod.ts";
import { NodeAuthorizer } from "./auth/node/mod.ts";
import { RbacAuthorizer } from "./auth/rbac/mod.ts";
import { type Authorizer, firstAllowing } from "./auth/request/mod.ts";
import { reviewHandlers } from "./auth/reviews/mod.ts";
import {
  chargeQuota,
  ensurePolicy,
  followAggregation,
  followNodeGraph,
  StoreObjects,
} from "./auth/store/mod.ts";
import { jsonWebKeySet, loadTokenKeys, openIdConfiguration } from "./auth/tokens/mod.ts";
import { KubeletClient, kubeletHandlers } from "./kubelet-proxy/mod.ts";
import { refusals } from "./objects/mod.ts";
import type { ControlPlaneSettings } from "./settings.ts";
import type { ObjectStore } from "./storage/mod.ts";

export interface SecurityDeps {
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly now: () => number;
  /** `HOST:PORT` where this server is reached. */
  readonly serverAddress: string;
}

/**
 * Who may use the API server and how: brings the default policy into the store, and answers the
 * server's questions from what is stored at the moment of each.
 */
export function createSecurity(settings: ControlPlaneSettings, deps: SecurityDeps): ApiExtensions {
  const { store, log, now } = deps;
  const { issuer, audiences, signingKey, keys: further } = settings.serviceAccounts;
  ensurePolicy(store, now());
  followAggregation(store, { log, now });
  const objects = new StoreObjects(store);
  const keys = loadTokenKeys(signingKey.reveal(), further);
  const authenticator = new RequestAuthenticator({
    ...{ objects, keys, issuers: [issuer], audiences, now, anonymous: true },
    certificates: new CertificateAuthenticator(settings.clientCa, now),
    onRefused: (why) => log.info("Refused a credential", { why }),
  });
  const authorizer = firstAllowing([
    new NodeAuthorizer(followNodeGraph(store)),
    new RbacAuthorizer(objects),
  ]);
  const { signing } = settings;
  runCertificateController({
    ...{ store, objects, authorizer, log, now },
    ...(signing === undefined
      ? {}
      : { signer: { certificate: signing.cert, key: signing.key.reveal() } }),
  });
  return {
    authenticate: authenticate(authenticator, authorizer),
    authorize: async (user, attributes) => authorizer.decide(user, attributes),
    admissions: admissions({
      ...{ objects, authorizer, now },
      charge: (quota) => chargeQuota(store, quota),
      stored: (kind, namespace) => store.list(kind.storedAs, namespace).map(({ object }) => object),
    }),
    reviews: reviewHandlers({ objects, authorizer, authenticator, keys, issuer, audiences, now }),
    subresources: kubeletHandlers({
      ...{ store, authorizer, kubelets: new KubeletClient(settings.kubelets) },
    }),
    paths: {
      "/openid/v1/jwks": async () => jsonWebKeySet(keys),
      "/.well-known/openid-configuration": async () =>
        openIdConfiguration(keys, issuer, deps.serverAddress),
    },
  };
}

function authenticate(authenticator: RequestAuthenticator, authorizer: Authorizer): Authenticator {
  return async ({ peerCertificates, authorization, headers }) => {
    const caller = authenticator.identify({ peerCertificates, authorization });
    if (caller === undefined) return undefined;
    const user = impersonate(authorizer, caller, headers);
    if (user.ok) return user.value;
    if (user.error.kind === "bad-request") throw refusals.badRequest(user.error.message);
    throw forbiddenError(caller, user.error.attributes, user.error.reason);
  };
}
