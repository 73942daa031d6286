import { CURRENT_VERSION } from "../version.ts";

/**
 * The answer to VERSION (SPEC 1.1 "VERSION"): in the version that the caller spoke, or ours where
 * it said nothing that can be read.
 */
export function answerVersion(supportedVersions: readonly string[], stdin: string): string {
  const answer = { cniVersion: askedVersion(stdin) ?? CURRENT_VERSION, supportedVersions };
  return `${JSON.stringify(answer)}\n`;
}

function askedVersion(stdin: string): string | undefined {
  try {
    const asked: unknown = JSON.parse(stdin)?.cniVersion;
    return typeof asked === "string" && asked !== "" ? asked : undefined;
  } catch {
    return undefined;
  }
}
