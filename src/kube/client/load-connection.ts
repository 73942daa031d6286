import { NodewrightError, ProblemsError } from "../../base/mod.ts";
import { readUserText, whyUnreadable } from "../../sys/mod.ts";
import type { ApiConnection } from "./connection.ts";
import { parseKubeconfigContext, toConnection } from "./kubeconfig.ts";

/**
 * Reads a kubeconfig file and the files it names. Rejects with kind "kubeconfig" where one cannot
 * be read, with ProblemsError where it cannot be used.
 */
export async function loadConnection(file: string): Promise<ApiConnection> {
  const context = parseKubeconfigContext(await readKubeconfigFile(file), file);
  if (!context.ok) throw new ProblemsError(`Cannot use the kubeconfig "${file}"`, context.error);
  return await toConnection(context.value, file, (path) => readNamedFile(path, file));
}

/** Rejects with kind "kubeconfig". */
export async function readKubeconfigFile(file: string): Promise<string> {
  return await readNamedFile(file, file);
}

/** A file that the kubeconfig `file` names; rejects with kind "kubeconfig". */
export async function readNamedFile(path: string, file: string): Promise<string> {
  try {
    return await readUserText(path);
  } catch (cause) {
    const { what } = whyUnreadable(cause);
    throw new NodewrightError("kubeconfig", `Cannot read "${path}": ${what}`, {
      ...(path === file ? {} : { detail: `It is named in ${file}` }),
      fix: "write it with nodewright pki, or give the path of an existing one",
      cause,
    });
  }
}
