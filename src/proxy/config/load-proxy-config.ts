import { parseArgs } from "node:util";
import {
  hasErrors,
  messageOf,
  NodewrightError,
  type Problem,
  ProblemsError,
  UsageError,
} from "../../base/mod.ts";
import { parseKubeProxyConfig } from "../../config/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import { type ProxyConfig, readProxyConfig } from "./proxy-config.ts";

/** What a command line asks of the proxy. */
export type ProxyCommand =
  | { readonly run: "proxy"; readonly config: ProxyConfig; readonly warnings: readonly Problem[] }
  /** `--cleanup`: take all rules away and end. */
  | { readonly run: "cleanup" };

/**
 * Reads kube-proxy's flags and the file that `--config` names. As with kube-proxy, the file decides
 * everything but the host's name. Rejects with UsageError for flags, with ProblemsError for the file.
 */
export async function loadProxyCommand(argv: readonly string[]): Promise<ProxyCommand> {
  const flags = parseFlags(argv);
  if (flags.cleanup === true) return { run: "cleanup" };
  if (flags.config === undefined) {
    throw new UsageError("Cannot start the proxy without a configuration file", {
      fix: "give it with --config=/var/lib/kube-proxy/kube-proxy-config.yaml",
    });
  }
  const text = await readConfig(flags.config);
  const parsed = parseKubeProxyConfig(text, flags.config);
  const read = parsed.value === undefined ? undefined : readProxyConfig(parsed.value);
  const problems = [...parsed.problems, ...(read?.problems ?? [])];
  if (hasErrors(problems) || read?.config === undefined) {
    throw new ProblemsError("Cannot use the proxy's configuration", problems);
  }
  const override = flags["hostname-override"];
  const verbosity = flags.v === undefined ? read.config.verbosity : Number(flags.v);
  return {
    run: "proxy",
    config: {
      ...read.config,
      verbosity,
      ...(override === undefined ? {} : { hostnameOverride: override }),
    },
    warnings: problems,
  };
}

function parseFlags(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: "string" },
        "hostname-override": { type: "string" },
        cleanup: { type: "boolean" },
        v: { type: "string" },
      },
    });
    if (values.v !== undefined && !/^\d+$/.test(values.v)) {
      throw new TypeError(`Cannot use --v: expected a whole number, found "${values.v}"`);
    }
    return values;
  } catch (cause) {
    const message = messageOf(cause);
    throw new UsageError(message, {
      fix: "use --config, --hostname-override, --cleanup and --v; all else belongs into the file",
    });
  }
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readUserText(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new NodewrightError("config", `Cannot read "${path}": ${reason}`, { cause });
  }
}
