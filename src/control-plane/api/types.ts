import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { CertificateUser } from "../../kube/serving/mod.ts";
import type { Attributes, Decision, UserInfo } from "../auth/request/mod.ts";
import type { ApiObject } from "../objects/mod.ts";
import type { ResourceKind } from "../resources/mod.ts";

/** What a caller shows to prove who it is. */
export interface Credentials {
  /** The names in a client certificate of the cluster's CA, already verified. */
  readonly certificate: CertificateUser | undefined;
  /** The client's certificate as DER, whoever has signed it; empty where it sent none. */
  readonly peerCertificates: readonly Uint8Array[];
  readonly authorization: string | undefined;
  /** All headers as they came, a repeated one as often: impersonation is in some of them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Finds out who asks; undefined refuses the request (401). A caller without credentials is
 * `system:anonymous`, where that is wanted.
 */
export type Authenticator = (credentials: Credentials) => Promise<UserInfo | undefined>;

/** May it be done? The decision's reason ends the message of a refusal. */
export type Authorizer = (user: UserInfo, attributes: Attributes) => Promise<Decision>;

/** A change before it is stored. */
export interface AdmissionRequest {
  readonly user: UserInfo;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly kind: ResourceKind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  /** What is to be stored; undefined for DELETE. */
  readonly object: ApiObject | undefined;
  /** What is stored now; undefined for CREATE. */
  readonly old: ApiObject | undefined;
  /** Tells the caller something in a Warning header. */
  readonly warn: (message: string) => void;
}

/**
 * Looks at a change before it is stored: returns the object, changed or not, or throws an ApiError.
 * The object is the request's own and may be changed in place.
 */
export type Admission = (request: AdmissionRequest) => Promise<ApiObject | undefined>;

/** A create of something that is answered and not stored: a review, a token request. */
export interface ReviewRequest {
  readonly user: UserInfo;
  readonly kind: ResourceKind;
  readonly subresource: string;
  readonly namespace: string;
  /** The object of a subresource (`serviceaccounts/NAME/token`); empty otherwise. */
  readonly name: string;
  readonly object: ApiObject;
}

/** Answers a review: returns the object with its status filled in. */
export type ReviewHandler = (request: ReviewRequest) => Promise<ApiObject>;

/** A request to a subresource that speaks for itself: logs, streams, proxies. */
export interface SubresourceRequest {
  readonly user: UserInfo;
  readonly kind: ResourceKind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What follows the subresource in the path, with its slash: `/metrics` of `.../proxy/metrics`. */
  readonly rest: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** How to answer: with a response, or on the socket where the caller asked for an upgrade. */
  readonly answer:
    | { readonly by: "response"; readonly response: ServerResponse }
    | { readonly by: "upgrade"; readonly socket: Duplex; readonly head: Buffer };
}

/** Answers a subresource by itself; an ApiError thrown before it answers is sent as a Status. */
export type SubresourceHandler = (request: SubresourceRequest) => Promise<void>;

/** A path that is no resource, such as `/openid/v1/jwks`: the JSON that it answers. */
export type PathHandler = (url: URL) => Promise<unknown>;

/** What others add to the API server. */
export interface ApiExtensions {
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
  /** One after another; each gets what the one before has returned. */
  readonly admissions: readonly Admission[];
  /** By `plural.group` or `plural/subresource`: `tokenreviews.authentication.k8s.io`, `serviceaccounts/token`. */
  readonly reviews: Readonly<Record<string, ReviewHandler>>;
  /** By `plural/subresource`: `pods/log`, `nodes/proxy`. */
  readonly subresources: Readonly<Record<string, SubresourceHandler>>;
  readonly paths: Readonly<Record<string, PathHandler>>;
}
