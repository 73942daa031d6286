import type { Result } from "../../base/mod.ts";
import { type CertificateInfo, inspectCertificate, keyFingerprint } from "../../x509/mod.ts";
import type { CertificateFact, KubeconfigFact } from "./node-facts.ts";
import type { NodeFile } from "./node-tree.ts";

/** What nodes share is looked into once, and gives the very same objects for all of them. */
export class CertificateMemo {
  readonly #certificates = new Map<string, Result<CertificateInfo, string>>();
  readonly #fingerprints = new Map<string, Result<string, string>>();
  readonly #facts = new Map<string, CertificateFact>();
  readonly #kubeconfigs = new Map<string, KubeconfigFact>();

  inspect(pem: string): Result<CertificateInfo, string> {
    return remembered(this.#certificates, pem, () => inspectCertificate(pem));
  }

  /** Of the public half of a key. */
  fingerprint(pem: string): Result<string, string> {
    return remembered(this.#fingerprints, pem, () => keyFingerprint(pem));
  }

  fact({ path, shown }: NodeFile, pem: string): CertificateFact {
    const make = () => ({ path, shown, pem, info: this.inspect(pem) });
    return remembered(this.#facts, `${path}\0${shown}\0${pem}`, make);
  }

  /** A kubeconfig that holds all it needs: one with files beside it depends on more than its text. */
  kubeconfig({ path, shown, text }: NodeFile, make: () => KubeconfigFact): KubeconfigFact {
    const fact = this.#kubeconfigs.get(`${path}\0${shown}\0${text}`) ?? make();
    const { context } = fact;
    const isWhole =
      !context.ok ||
      (context.value.caFile ??
        context.value.clientCertificateFile ??
        context.value.clientKeyFile) === undefined;
    if (isWhole) this.#kubeconfigs.set(`${path}\0${shown}\0${text}`, fact);
    return fact;
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
