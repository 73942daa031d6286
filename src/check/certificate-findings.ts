import type { Result, SourceLocation } from "../base/mod.ts";
import type { CertificateInfo } from "../x509/mod.ts";
import type { Found } from "./finding.ts";

/** The beginning of a file that has no lines to speak of. */
export function fileStart(file: string): SourceLocation {
  return { file, line: 1, column: 1 };
}

/** What is wrong with a certificate's time; `what` is its name in a sentence: `The kubelet's serving certificate`. */
export function outOfTime(
  what: string,
  { notBefore, notAfter }: Pick<CertificateInfo, "notBefore" | "notAfter">,
  place: { readonly now: Date; readonly locations: readonly SourceLocation[] },
): readonly Found[] {
  const { now, locations } = place;
  if (now > notAfter) {
    return [{ message: `${what} has expired: ${notAfter.toISOString()}`, locations }];
  }
  if (now >= notBefore) return [];
  const from = notBefore.toISOString();
  return [{ message: `${what} is not valid yet, or the clock is wrong: ${from}`, locations }];
}

/** Without the extension every usage is allowed (RFC 5280 section 4.2.1.12). */
export function lacksUsage({ usages }: CertificateInfo, usage: string): boolean {
  return usages.length > 0 && !usages.includes(usage);
}

/** Whether a key's public half is that of a certificate; undefined where one of them cannot be read. */
export function isKeyOf(
  key: Result<string, string> | undefined,
  certificate: Result<CertificateInfo, string> | undefined,
): boolean | undefined {
  if (key?.ok !== true || certificate?.ok !== true) return undefined;
  return key.value === certificate.value.keyFingerprint;
}
