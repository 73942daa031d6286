import { jsonValue } from "../../base/mod.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import { isJsonObject } from "../json.ts";

/** What a plugin of a network speaks. */
export interface PluginVersions {
  readonly type: string;
  readonly path: string;
  readonly supportedVersions: readonly string[];
  /** Whether the version of the network is among them. */
  readonly isSupported: boolean;
}

/**
 * The versions of a plugin's answer to VERSION. One that does not know the operation is of 0.1.0,
 * and 0.2.0 had no list yet. CniError 6 where the answer is none.
 */
export async function readVersions(
  path: string,
  ask: () => Promise<string>,
): Promise<readonly string[]> {
  let stdout: string;
  try {
    stdout = await ask();
  } catch (thrown) {
    const isOld =
      thrown instanceof CniError && thrown.message.includes("unknown CNI_COMMAND: VERSION");
    if (isOld) return ["0.1.0"];
    throw thrown;
  }
  const answer = jsonValue(stdout);
  const list = isJsonObject(answer) ? answer["supportedVersions"] : undefined;
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  if (isJsonObject(answer) && answer["cniVersion"] === "0.2.0") return ["0.1.0", "0.2.0"];
  throw new CniError(
    CNI_ERROR.decodingFailure,
    `Cannot read what "${path}" answered to VERSION: ${stdout.trim().slice(0, 200) || "nothing"}`,
  );
}
