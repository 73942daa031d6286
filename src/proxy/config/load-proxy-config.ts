import {
  hasErrors,
  messageOf,
  NodewrightError,
  type Problem,
  ProblemsError,
  UsageError,
} from "../../base/mod.ts";
import {
  COMMAND_LINE,
  countsBesideConfig,
  effectiveKubeProxy,
  type GivenFlag,
  PROXY_FLAG_KINDS,
  PROXY_FLAGS,
  parseKubeProxyConfig,
  parseProcessFlags,
} from "../../config/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import { type ProxyConfig, readProxyConfig } from "./proxy-config.ts";

/** What a command line asks of the proxy. */
export type ProxyCommand =
  | { readonly run: "proxy"; readonly config: ProxyConfig; readonly warnings: readonly Problem[] }
  /** `--cleanup`: take all rules away and end. */
  | { readonly run: "cleanup" };

/** Flags without a field of KubeProxyConfiguration that the proxy obeys. */
const OBEYED = ["--cleanup", "--config"];
const NAMES: readonly string[] = [
  ...Object.keys(PROXY_FLAGS).filter((name) => PROXY_FLAGS[name] !== ""),
  ...OBEYED,
];

/**
 * Reads kube-proxy's flags and the file that `--config` names. As with kube-proxy, the file decides
 * everything but the host's name and the log; without one the flags do. Rejects with UsageError for
 * flags, with ProblemsError for the file.
 */
export async function loadProxyCommand(argv: readonly string[]): Promise<ProxyCommand> {
  const flags = parseFlags(argv);
  const last = (name: string): string | undefined =>
    flags.findLast((flag) => flag.name === name)?.value?.value || undefined;
  if (last("--cleanup") === "true") return { run: "cleanup" };
  const path = last("--config");
  if (path === undefined && last("--kubeconfig") === undefined) {
    throw new UsageError("Cannot start the proxy without a configuration file", {
      fix: "give it with --config=/var/lib/kube-proxy/kube-proxy-config.yaml",
    });
  }
  const file = path === undefined ? undefined : parseKubeProxyConfig(await readConfig(path), path);
  const { value, problems: ofFlags } = effectiveKubeProxy({
    ...{ file: file?.value?.document, flags, name: COMMAND_LINE },
  });
  const isParsed = value !== undefined && (file === undefined || file.value !== undefined);
  const read = isParsed ? readProxyConfig(value) : undefined;
  const problems = [
    ...(file?.problems ?? []),
    ...ofFlags,
    ...(path === undefined ? [] : flags.flatMap(ignored)),
    ...(read?.problems ?? []),
  ];
  if (hasErrors(problems) || read?.config === undefined) {
    throw new ProblemsError("Cannot use the proxy's configuration", problems);
  }
  return { run: "proxy", config: read.config, warnings: problems };
}

function parseFlags(argv: readonly string[]): readonly GivenFlag[] {
  const program = { who: "the proxy", names: NAMES, ...PROXY_FLAG_KINDS };
  const { flags, words, problems } = parseProcessFlags(argv, program);
  // kube-proxy takes an empty word.
  const isEmpty = words.every(({ value }) => value === "");
  UsageError.throwFor(isEmpty ? problems.filter(({ code }) => code !== "refused-word") : problems);
  return flags;
}

/** What counts for nothing beside --config. */
function ignored({ name, flag }: GivenFlag): Problem[] {
  if (OBEYED.includes(name) || countsBesideConfig(name)) return [];
  return [
    {
      code: "ignored-flag",
      severity: "warning",
      message: `The proxy ignores ${name}, since it has --config`,
      locations: [flag.location],
      fix: "write it in the file, and remove the flag",
    },
  ];
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readUserText(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new NodewrightError("config", `Cannot read "${path}": ${reason}`, { cause });
  }
}
