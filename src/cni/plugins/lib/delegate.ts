import { clientBeside } from "../../client/client-beside.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";
import { findPlugin, isSameFile } from "../../exec/find-plugin.ts";
import { parseResult } from "../../result/decode-result.ts";
import type { CniResult } from "../../result/types.ts";
import type { CniCommand, PluginHost, PluginRequest } from "../../skel/plugin.ts";
import { callPlugin } from "../../skel/run-plugin.ts";

/**
 * Hands an operation on to another plugin (SPEC 1.1, section 4), found on CNI_PATH, with the whole
 * configuration. Where it is this very executable, it is called in this process; otherwise as a
 * child with the same environment. Gives ADD's result, undefined for the other operations; a
 * delegate's error is thrown as it came.
 */
export async function delegate(
  request: PluginRequest,
  host: PluginHost,
  { type, command }: { readonly type: string; readonly command: CniCommand },
): Promise<CniResult | undefined> {
  const path = findPlugin(type, request.path);
  const forwarded = { ...request, command };
  if (isOwn(path, host)) {
    const plugin = await host.loadPlugin(type);
    if (plugin !== undefined) return callPlugin(plugin, forwarded, host);
  }
  return callChild(path, forwarded, host);
}

/** True for this executable, and for the client of it that has plugins' names where there is one. */
function isOwn(path: string, { self }: PluginHost): boolean {
  return isSameFile(path, self) || isSameFile(path, clientBeside(self));
}

function callChild(path: string, request: PluginRequest, host: PluginHost): CniResult | undefined {
  const child = Bun.spawnSync([path], {
    env: { ...host.env, CNI_COMMAND: request.command },
    stdin: new TextEncoder().encode(request.stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const stdout = child.stdout.toString();
  if (child.stderr.length > 0) host.writeStderr(child.stderr.toString());
  if (child.exitCode !== 0) throw childError(path, request.command, stdout);
  if (request.command !== "ADD") return undefined;
  return parseResult(stdout, request.conf.cniVersion);
}

/** The error object that a failed plugin printed; CniError 999 where it printed none. */
function childError(path: string, command: CniCommand, stdout: string): CniError {
  try {
    const { code, msg, details } = JSON.parse(stdout);
    if (typeof code === "number" && typeof msg === "string") {
      return new CniError(code, msg, typeof details === "string" ? { details } : {});
    }
  } catch {}
  const said = stdout.trim() === "" ? "it printed no error" : `it printed ${stdout.slice(0, 200)}`;
  return new CniError(CNI_ERROR.internal, `Cannot ${command} with "${path}": ${said}`);
}
