import { readFile } from "node:fs/promises";
import { NodewrightError } from "../../base/mod.ts";
import type { ApiConnection } from "./connection.ts";
import { parseKubeconfigContext, toConnection } from "./kubeconfig.ts";

/** Reads a kubeconfig file and the files it names; rejects with kind "kubeconfig". */
export async function loadConnection(file: string): Promise<ApiConnection> {
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path, "utf8");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new NodewrightError("kubeconfig", `Cannot read "${path}": ${reason}`, {
        ...(path === file ? {} : { detail: `It is named in ${file}` }),
        fix: "write it with nodewright pki, or give the path of an existing one",
        cause,
      });
    }
  };
  const context = parseKubeconfigContext(await read(file));
  if (!context.ok) {
    throw new NodewrightError(
      "kubeconfig",
      `Cannot use the kubeconfig "${file}": ${context.error}`,
      {
        fix: "write it anew with nodewright pki --renew, or mend it by hand",
      },
    );
  }
  return await toConnection(context.value, file, read);
}
