import { NodewrightError } from "../../base/mod.ts";
import type { Status } from "./resources.ts";

/**
 * Why a request to the API server failed. Upper half: no answer came; lower half: the reasons of
 * meta/v1 Status that are told apart (any other reason is passed through as the server gave it).
 */
export type KubeErrorReason =
  | "DnsFailure"
  | "Refused"
  | "Unreachable"
  | "Timeout"
  | "ConnectionLost"
  | "UnknownAuthority"
  | "CertificateExpired"
  | "CertificateNotYetValid"
  | "NameMismatch"
  | "NotTls"
  | "BadClientCertificate"
  | "TlsFailure"
  | "BadAnswer"
  | "BadUrl"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "TooManyRequests"
  | (string & {});

/** A request to the API server that failed, with or without an answer. */
export class KubeError extends NodewrightError {
  /** The HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  readonly reason: KubeErrorReason;
  /** The Retry-After of the answer in seconds, where it had one. */
  readonly retryAfterSeconds: number | undefined;
  /** The Status object of the answer, where it had one. */
  readonly answer: Status | undefined;

  constructor(
    message: string,
    data: {
      readonly status?: number;
      readonly reason: KubeErrorReason;
      readonly retryAfterSeconds?: number;
      readonly answer?: Status;
      readonly fix?: string;
      readonly cause?: unknown;
    },
  ) {
    super("kube", message, {
      ...(data.fix === undefined ? {} : { fix: data.fix }),
      ...(data.cause === undefined ? {} : { cause: data.cause }),
    });
    this.name = "KubeError";
    this.status = data.status;
    this.reason = data.reason;
    this.retryAfterSeconds = data.retryAfterSeconds;
    this.answer = data.answer;
  }

  /** True where the same request may succeed later although nobody mends anything. */
  get isTransient(): boolean {
    if (this.status !== undefined) return this.status === 429 || this.status >= 500;
    return ["DnsFailure", "Refused", "Unreachable", "Timeout", "ConnectionLost"].includes(
      this.reason,
    );
  }
}

/** True for a KubeError with this HTTP status. */
export function hasStatus(thrown: unknown, status: number): thrown is KubeError {
  return thrown instanceof KubeError && thrown.status === status;
}

interface TransportCase {
  readonly reason: KubeErrorReason;
  readonly text: string;
  readonly fix: string;
}

const UNKNOWN_AUTHORITY: TransportCase = {
  reason: "UnknownAuthority",
  text: "its certificate is signed by an authority that is not the kubeconfig's",
  fix: "take the CA that signed the API server's certificate into certificate-authority-data",
};
const UNREACHABLE: TransportCase = {
  reason: "Unreachable",
  text: "there is no route to the host",
  fix: "check the routes and firewalls between this machine and the API server",
};
const LOST: TransportCase = {
  reason: "ConnectionLost",
  text: "the connection was closed before the answer was complete",
  fix: "see whether the API server is restarting, and try again",
};
const TIMEOUT: TransportCase = {
  reason: "Timeout",
  text: "no answer in time",
  fix: "check that the address is right and that no firewall drops packets to this port",
};
const BAD_CLIENT_CERTIFICATE: TransportCase = {
  reason: "BadClientCertificate",
  text: "the server refused the client certificate during the TLS handshake",
  fix: "check the client certificate with nodewright pki: authority and expiry",
};

// Codes of the system, of OpenSSL's verification and of BoringSSL's alerts, as node:https gives them.
const TRANSPORT_CASES: Readonly<Record<string, TransportCase>> = {
  ENOTFOUND: {
    reason: "DnsFailure",
    text: "the host name cannot be resolved",
    fix: "give the name an address in DNS or /etc/hosts, or use another --server",
  },
  EAI_AGAIN: {
    reason: "DnsFailure",
    text: "the name server did not answer",
    fix: "check /etc/resolv.conf, or give the name an address in /etc/hosts",
  },
  ECONNREFUSED: {
    reason: "Refused",
    text: "connection refused",
    fix: "check that the API server runs and that the port is right",
  },
  ENETUNREACH: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ETIMEDOUT: TIMEOUT,
  NODEWRIGHT_TIMEOUT: TIMEOUT,
  ECONNRESET: LOST,
  EPIPE: LOST,
  ConnectionClosed: LOST,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: {
    reason: "CertificateExpired",
    text: "its certificate, or its authority's, has expired",
    fix: "renew it with nodewright pki --renew and restart the API server; check this machine's clock",
  },
  CERT_NOT_YET_VALID: {
    reason: "CertificateNotYetValid",
    text: "its certificate is not valid yet",
    fix: "set this machine's clock",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    reason: "NameMismatch",
    text: "its certificate is not valid for this host name",
    fix: "use a name that the certificate has, set tls-server-name, or reissue it with this name",
  },
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: {
    reason: "BadClientCertificate",
    text: "the key does not belong to the client certificate",
    fix: "write the kubeconfig again: nodewright pki --renew",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    reason: "NotTls",
    text: "the port does not speak TLS",
    fix: "check the port of the server URL",
  },
};

/** The one mapping from what node:http(s) gives as an error to ours. `action` is "Cannot get ...". */
export function toKubeError(thrown: unknown, action: string): KubeError {
  if (thrown instanceof KubeError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const known = TRANSPORT_CASES[code] ?? alertCase(code);
  if (known !== undefined) {
    return new KubeError(`${action}: ${known.text}${nameDetail(code, cause)}`, {
      reason: known.reason,
      fix: known.fix,
      cause,
    });
  }
  return new KubeError(`${action}: ${cause.message}`, {
    reason: code.includes("SSL") || code.includes("CERT") ? "TlsFailure" : "ConnectionLost",
    cause,
  });
}

function alertCase(code: string): TransportCase | undefined {
  if (!/ALERT/.test(code)) return undefined;
  return /CERTIFICATE|UNKNOWN_CA/.test(code) ? BAD_CLIENT_CERTIFICATE : undefined;
}

/** For a wrong name, what the certificate is valid for: Node and Bun put it behind the last colon. */
function nameDetail(code: string, cause: Error): string {
  if (code !== "ERR_TLS_CERT_ALTNAME_INVALID") return "";
  const names = "cert" in cause ? subjectAltName(cause.cert) : undefined;
  return names === undefined ? "" : `, only for ${names}`;
}

function subjectAltName(certificate: unknown): string | undefined {
  if (typeof certificate !== "object" || certificate === null) return undefined;
  if (!("subjectaltname" in certificate)) return undefined;
  return String(certificate.subjectaltname);
}

const STATUS_FIXES: Readonly<Record<number, string>> = {
  401: "check that the client certificate (or token) is signed by the API server's client CA and has not expired",
  403: "use a user with this permission, or grant it with RBAC",
};

/** An answer with an error status as a KubeError; the body is a Status object where it is the API server's own. */
export function answerToKubeError(
  action: string,
  answer: { readonly status: number; readonly body: string; readonly retryAfter?: string },
): KubeError {
  const status = parseStatus(answer.body);
  const text = (status?.message ?? answer.body.trim().slice(0, 300)).replace(/\.$/, "");
  const retryAfter = Number(answer.retryAfter ?? status?.details?.retryAfterSeconds ?? Number.NaN);
  const fix = STATUS_FIXES[answer.status];
  return new KubeError(`${action}: ${answer.status} ${text}`.trimEnd(), {
    status: answer.status,
    reason: status?.reason ?? (answer.status === 401 ? "Unauthorized" : "BadAnswer"),
    ...(status === undefined ? {} : { answer: status }),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
    ...(fix === undefined ? {} : { fix }),
  });
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
    // cast: kind says that it is a Status, all of whose fields are optional
    return value.kind === "Status" ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}
