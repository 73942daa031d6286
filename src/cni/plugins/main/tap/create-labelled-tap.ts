import { hasSelinux, type TapSpec, withExecLabel } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { CURRENT_VERSION } from "../../../version.ts";
import type { Pod } from "../../lib/pod.ts";

/** Set for the child: it makes the device in the namespace that it was started in, nothing else. */
export const CREATE_ONLY = "NODEWRIGHT_TAP_CREATE_ONLY";

/** Throws CniError 2 for a context where SELinux is not at work. */
export function requireSelinux(context: string): void {
  if (context === "" || hasSelinux()) return;
  throw new CniError(
    CNI_ERROR.unsupportedField,
    `Cannot use "selinuxContext" of the configuration: SELinux is not at work here, "${context}" means nothing`,
  );
}

/**
 * Makes a tap device whose frames belong to an SELinux context. The kernel labels it after the
 * program that makes it (not after what sockets are to be labelled with), and a program with more
 * than one thread cannot change its own label: so this executable is started once more with it.
 */
export function createLabelledTap(
  request: PluginRequest,
  {
    host,
    pod,
    context,
  }: { readonly host: PluginHost; readonly pod: Pod; readonly context: string },
  { name, ...rest }: TapSpec,
): void {
  requireSelinux(context);
  const conf = { cniVersion: CURRENT_VERSION, name: request.conf.name, type: "tap", ...rest };
  const child = pod.inside(() =>
    withExecLabel(context, () =>
      Bun.spawnSync([host.self], {
        argv0: "tap",
        env: {
          ...host.env,
          CNI_IFNAME: name,
          CNI_NETNS_OVERRIDE: "1",
          [CREATE_ONLY]: "1",
        },
        stdin: new TextEncoder().encode(JSON.stringify(conf)),
        stdout: "pipe",
        stderr: "pipe",
      }),
    ),
  );
  if (child.stderr.length > 0) host.writeStderr(child.stderr.toString());
  if (child.exitCode === 0) return;
  throw new CniError(
    CNI_ERROR.internal,
    `Cannot create the tap device "${name}" as "${context}": ${reasonOf(child.stdout.toString())}`,
  );
}

/** What the child printed as its error; else that it printed something else. */
function reasonOf(stdout: string): string {
  try {
    const { msg } = JSON.parse(stdout);
    if (typeof msg === "string") return msg;
  } catch {}
  return `it printed "${stdout.slice(0, 200)}"`;
}
