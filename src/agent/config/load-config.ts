import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
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
  type ConfigDocument,
  effectiveKubelet,
  type KubeletConfig,
  parseKubeletConfig,
  validateKubelet,
} from "../../config/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import { type AgentFlags, effectiveFlags, parseAgentFlags } from "./flags.ts";
import { type AgentSettings, toSettings } from "./settings.ts";
import { findUnsupported } from "./supported.ts";
import { withDefaults } from "./with-defaults.ts";

/** The kubelet whose defaults and gates count: 1.MINOR. */
const MINOR = 36;

/** The effective configuration, and what there is to warn about. */
export interface LoadedConfig {
  readonly settings: AgentSettings;
  /** What /configz answers: every field, with its default where nothing sets it. */
  readonly configz: Readonly<Record<string, unknown>>;
  /** What /flagz answers: every flag with the value that counts, without its dashes. */
  readonly flags: Readonly<Record<string, string>>;
  readonly warnings: readonly Problem[];
}

/**
 * Reads the command line and the files that it names. Rejects with UsageError for flags, with
 * ProblemsError for files: every problem at once.
 */
export async function loadConfig(argv: readonly string[]): Promise<LoadedConfig> {
  const { flags, problems: refused } = parseAgentFlags(argv);
  UsageError.throwFor(refused);
  const { file, dropIns, problems: ofFiles } = await readLayers(flags);
  const { value, problems: ofFlags } = effectiveKubelet({
    ...{ file, dropIns, flags: flags.given, name: COMMAND_LINE },
  });
  const unsupported =
    value === undefined ? [] : findUnsupported(value, { asWarnings: flags.ignoresUnsupported });
  const all = [...ofFiles, ...ofFlags, ...unsupported, ...findRefused(value)];
  if (value === undefined || hasErrors(all)) {
    throw new ProblemsError("Cannot use the kubelet's configuration", all);
  }
  const settings = toSettings(value, flags, hostname());
  const configz = withDefaults(value);
  return { settings, configz, flags: effectiveFlags(flags, configz), warnings: all };
}

/** What the kubelet's own validation refuses. */
function findRefused(config: KubeletConfig | undefined): readonly Problem[] {
  if (config === undefined) return [];
  return validateKubelet(config, MINOR).map(({ message, locations, fix }) => ({
    ...({ code: "refused-value", severity: "error" } as const),
    ...{ message, locations },
    ...(fix === undefined ? {} : { fix }),
  }));
}

/** The file and the drop-ins that the flags name, each parsed. */
async function readLayers(flags: AgentFlags): Promise<{
  readonly file: ConfigDocument | undefined;
  readonly dropIns: readonly ConfigDocument[];
  readonly problems: readonly Problem[];
}> {
  const path = flags.last("--config");
  const directory = flags.last("--config-dir");
  const problems: Problem[] = [];
  const read = async (file: string): Promise<ConfigDocument | undefined> => {
    const parsed = parseKubeletConfig(await readLayer(file), file);
    problems.push(...parsed.problems);
    return parsed.value?.document;
  };
  const file = path === undefined ? undefined : await read(path);
  const dropIns: ConfigDocument[] = [];
  for (const name of directory === undefined ? [] : await dropInsOf(directory)) {
    const document = await read(name);
    if (document !== undefined) dropIns.push(document);
  }
  return { file, dropIns, problems };
}

/** The `*.conf` files of a directory and of those in it, in the order of filepath.WalkDir. */
async function dropInsOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(directory, cause);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await dropInsOf(path)));
    else if (entry.name.endsWith(".conf")) found.push(path);
  }
  return found;
}

async function readLayer(file: string): Promise<string> {
  try {
    return await readUserText(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): NodewrightError {
  return new NodewrightError("config", `Cannot read "${path}": ${messageOf(cause)}`, { cause });
}
