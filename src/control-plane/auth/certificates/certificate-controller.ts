import { type Logger, messageOf } from "../../../base/mod.ts";
import { SIGNER } from "../../../kube/certificate-requests/mod.ts";
import { certify, type SigningRequest } from "../../../kube/pki/mod.ts";
import { formatTime, type JsonObject, objectAt, objectsAt } from "../../objects/mod.ts";
import { kindOf } from "../../resources/mod.ts";
import type { ObjectStore, StoredObject } from "../../storage/mod.ts";
import type { Authorizer, ObjectSource, StoredKinds } from "../request/mod.ts";
import { planRequest, type RequestStep } from "./plan-request.ts";

export interface CertificateControllerDeps {
  readonly store: ObjectStore;
  readonly objects: ObjectSource;
  readonly authorizer: Authorizer;
  /** PEM; absent where nothing is to be signed. */
  readonly signer?: { readonly certificate: string; readonly key: string };
  readonly log: Logger;
  readonly now: () => number;
}

const RESOURCE = kindOf("certificatesigningrequests", "certificates.k8s.io").storedAs;
const YEAR_SECONDS = 365 * 24 * 60 * 60;
const MIN_SECONDS = 600;
/** Clocks that are behind still find a new certificate valid. */
const BACKDATE_MS = 5 * 60_000;

/** Approves and signs certificate requests as they come; returns how to stop. */
export function runCertificateController(deps: CertificateControllerDeps): () => void {
  let isRunning = false;
  let isDue = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isDue) {
      isDue = false;
      for (const stored of deps.store.list(RESOURCE)) await handle(deps, stored);
    }
    isRunning = false;
  };
  const wake = (): void => {
    isDue = true;
    if (!isRunning) queueMicrotask(() => void (isRunning || run()));
  };
  // A node's addresses may come after the request that names them.
  const stops = [RESOURCE, kindOf("nodes").storedAs].map((one) => deps.store.subscribe(one, wake));
  wake();
  return () => {
    for (const stop of stops) stop();
  };
}

async function handle(deps: CertificateControllerDeps, stored: StoredObject): Promise<void> {
  // cast: the store holds under this name what the kind's validation has let in
  const csr = stored.object as unknown as StoredKinds["certificatesigningrequests"];
  const step = planRequest(deps, csr);
  if (step === undefined || (step.kind === "sign" && deps.signer === undefined)) return;
  try {
    const status = await statusAfter(deps, stored, step);
    deps.store.update(stored, { ...stored.object, status }, stored.revision);
    deps.log.info("Handled a certificate request", { name: stored.name, step: step.kind });
  } catch (thrown) {
    // Somebody else was faster: the next event comes with what he has written.
    deps.log.error("Cannot handle a certificate request", {
      ...{ name: stored.name, step: step.kind, error: messageOf(thrown) },
    });
  }
}

async function statusAfter(
  deps: CertificateControllerDeps,
  stored: StoredObject,
  step: RequestStep,
): Promise<JsonObject> {
  const status = objectAt(stored.object, "status");
  if (step.kind === "sign") {
    try {
      const certificate = await sign(deps, stored, step.request);
      return { ...status, certificate: Buffer.from(certificate).toString("base64") };
    } catch (thrown) {
      // What cannot be signed now cannot be signed later: a key of a type that is not supported.
      return withCondition(deps, status, ["Failed", "SignerValidationFailure", messageOf(thrown)]);
    }
  }
  return step.kind === "approve"
    ? withCondition(deps, status, ["Approved", "AutoApproved", step.message])
    : withCondition(deps, status, ["Failed", "SignerValidationFailure", step.message]);
}

function withCondition(
  { now }: CertificateControllerDeps,
  status: JsonObject,
  [type, reason, message]: readonly [type: string, reason: string, message: string],
): JsonObject {
  const time = formatTime(now());
  const times = { lastUpdateTime: time, lastTransitionTime: time };
  const condition = { type, status: "True", reason, message, ...times };
  return { ...status, conditions: [...objectsAt(status, "conditions"), condition] };
}

async function sign(
  { signer, now }: CertificateControllerDeps,
  { object }: StoredObject,
  request: SigningRequest,
): Promise<string> {
  if (signer === undefined) throw new TypeError("No signer");
  const { subject, publicKey, dnsNames, addresses } = request;
  const spec = objectAt(object, "spec");
  const isServing = spec["signerName"] === SIGNER.kubeletServing;
  const asked = spec["expirationSeconds"];
  const seconds = typeof asked === "number" ? Math.max(MIN_SECONDS, asked) : YEAR_SECONDS;
  const at = now();
  return await certify(
    { subject, publicKey, dnsNames, addresses, usages: [isServing ? "serverAuth" : "clientAuth"] },
    {
      ...signer,
      notBefore: new Date(at - BACKDATE_MS),
      notAfter: new Date(at + Math.min(seconds, YEAR_SECONDS) * 1000),
    },
  );
}
