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
import { readUserText } from "../../sys/mod.ts";
import { type ConfigLayer, effectiveConfig, withDefaults } from "./effective.ts";
import { type FlagValue, parseFlags } from "./flags.ts";
import { type AgentSettings, toSettings } from "./settings.ts";
import { findUnsupported } from "./supported.ts";

/** The effective configuration, and what there is to warn about. */
export interface LoadedConfig {
  readonly settings: AgentSettings;
  /** What /configz answers: every field, with its default where nothing sets it. */
  readonly configz: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Problem[];
}

/**
 * Reads the command line and the files that it names. Rejects with UsageError for flags, with
 * ProblemsError for files: every problem at once.
 */
export async function loadConfig(argv: readonly string[]): Promise<LoadedConfig> {
  const { values: flags, problems: flagProblems } = parseFlags(argv);
  if (flagProblems.length > 0) {
    const [first] = flagProblems;
    throw new UsageError(flagProblems.map(({ message }) => message).join("; "), {
      ...(first?.fix === undefined ? {} : { fix: first.fix }),
    });
  }
  const path = textFlag(flags, "config");
  const dropIns = textFlag(flags, "config-dir");
  const { value, problems, documents } = effectiveConfig({
    ...(path === undefined ? {} : { file: await readLayer(path) }),
    dropIns: dropIns === undefined ? [] : await readDropIns(dropIns),
    flags,
  });
  const unsupported =
    value === undefined
      ? []
      : findUnsupported(value, documents, { asWarnings: flags.get("ignore-unsupported") === true });
  const all = [...problems, ...unsupported];
  if (value === undefined || hasErrors(all)) {
    throw new ProblemsError("Cannot use the kubelet's configuration", all);
  }
  const settings = toSettings(value, flags, hostname());
  return { settings, configz: withDefaults(value), warnings: all };
}

async function readDropIns(directory: string): Promise<ConfigLayer[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw unreadable(directory, cause);
  });
  // In the order of their names, so that 10-a.conf comes before 20-b.conf.
  const chosen = names.filter((name) => name.endsWith(".conf")).sort();
  return await Promise.all(chosen.map((name) => readLayer(join(directory, name))));
}

async function readLayer(file: string): Promise<ConfigLayer> {
  try {
    return { file, text: await readUserText(file) };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): NodewrightError {
  const reason = messageOf(cause);
  return new NodewrightError("config", `Cannot read "${path}": ${reason}`, { cause });
}

function textFlag(flags: ReadonlyMap<string, FlagValue>, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}
