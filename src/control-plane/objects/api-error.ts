import { messageOf } from "../../base/mod.ts";
import type { JsonObject } from "./api-object.ts";

/** One cause of an answer that refuses an object (meta/v1 StatusCause). */
export interface StatusCause extends JsonObject {
  reason?: string;
  message?: string;
  field?: string;
}

/** Which resource a refusal is about. */
export interface ErrorSubject {
  readonly group: string;
  /** The plural, as in the URL; the kind where an object is invalid. */
  readonly resource: string;
  readonly name?: string;
}

interface StatusFields {
  readonly details?: JsonObject;
  readonly retryAfterSeconds?: number;
  /** Where a list may go on although what it began with is forgotten. */
  readonly continue?: string;
}

/** A refusal: thrown by whatever handles a request, and sent as a meta/v1 Status. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;
  readonly #metadata: JsonObject;

  constructor(code: number, reason: string, message: string, fields: StatusFields = {}) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
    const { details, retryAfterSeconds } = fields;
    this.#metadata = fields.continue === undefined ? {} : { continue: fields.continue };
    const all = { ...details, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
    this.details = Object.keys(all).length === 0 ? undefined : all;
  }

  /** The Status object of this refusal. */
  toStatus(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.#metadata,
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** Anything that was thrown, as a refusal: what nobody foresaw is an internal error. */
  static from(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    const text = messageOf(thrown);
    return new ApiError(500, "InternalError", `Internal error occurred: ${text}`, {
      details: { causes: [{ message: text }] },
    });
  }
}

/** `pods`, `deployments.apps`: how messages name a resource. */
export function qualified({ group, resource }: ErrorSubject): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function detailsOf({ name, group, resource }: ErrorSubject): JsonObject {
  return {
    ...(name === undefined || name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  };
}

/** The refusals of the API server, worded as upstream words them (apimachinery's api/errors). */
export const refusals = {
  notFound: (subject: ErrorSubject): ApiError =>
    new ApiError(404, "NotFound", `${qualified(subject)} "${subject.name ?? ""}" not found`, {
      details: detailsOf(subject),
    }),
  noSuchResource: (): ApiError =>
    new ApiError(404, "NotFound", "the server could not find the requested resource", {
      details: {},
    }),
  alreadyExists: (subject: ErrorSubject): ApiError =>
    new ApiError(
      409,
      "AlreadyExists",
      `${qualified(subject)} "${subject.name ?? ""}" already exists`,
      { details: detailsOf(subject) },
    ),
  conflict: (subject: ErrorSubject, why: string): ApiError =>
    new ApiError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name ?? ""}": ${why}`,
      { details: detailsOf(subject) },
    ),
  forbidden: (subject: ErrorSubject, why: string): ApiError => {
    const named = subject.name === undefined || subject.name === "" ? "" : ` "${subject.name}"`;
    return new ApiError(403, "Forbidden", `${qualified(subject)}${named} is forbidden: ${why}`, {
      details: detailsOf(subject),
    });
  },
  unauthorized: (): ApiError => new ApiError(401, "Unauthorized", "Unauthorized"),
  badRequest: (message: string): ApiError => new ApiError(400, "BadRequest", message),
  methodNotAllowed: (subject: ErrorSubject): ApiError =>
    new ApiError(
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
      { details: detailsOf(subject) },
    ),
  notAcceptable: (accepted: readonly string[]): ApiError =>
    new ApiError(
      406,
      "NotAcceptable",
      `only the following media types are accepted: ${accepted.join(", ")}`,
    ),
  unsupportedMediaType: (supported: readonly string[]): ApiError =>
    new ApiError(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}`,
    ),
  expired: (message: string, goOn?: string): ApiError =>
    new ApiError(410, "Expired", message, goOn === undefined ? {} : { continue: goOn }),
  invalid: (subject: ErrorSubject, causes: readonly StatusCause[]): ApiError => {
    const texts = causes.map(({ field = "", message = "" }) => `${field}: ${message}`);
    const list = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
    return new ApiError(
      422,
      "Invalid",
      `${qualified(subject)} "${subject.name ?? ""}" is invalid: ${list}`,
      { details: { ...detailsOf(subject), causes: [...causes] } },
    );
  },
  unavailable: (message: string): ApiError => new ApiError(503, "ServiceUnavailable", message),
  tooManyRequests: (message: string, retryAfterSeconds: number): ApiError =>
    new ApiError(429, "TooManyRequests", message, { retryAfterSeconds }),
} as const;
