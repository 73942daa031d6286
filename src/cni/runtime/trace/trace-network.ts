import { readFileSync, statSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { shellQuote, VERSION } from "../../../base/mod.ts";
import { Netns } from "../../../netns/mod.ts";
import type { ConfList } from "../../conf/conf-list.ts";
import { toCniError } from "../../errors.ts";
import type { JsonObject } from "../../json.ts";
import type { ConfDir, ConfFile } from "../conf-dir.ts";
import { defaultFile } from "../find-network.ts";
import type { CallObserver } from "../plugin-caller.ts";
import type { AttachmentSpec } from "../request.ts";
import type { Runtime } from "../runtime.ts";
import { netnsName } from "./by-hand/netns-name.ts";
import { CallRecorder } from "./call-recorder.ts";
import { DelegateRecorder } from "./delegate-recorder.ts";
import { drawPicture } from "./picture.ts";
import type {
  TracedError,
  TracedFile,
  TracedOperation,
  TracedSearch,
  TraceReport,
} from "./trace-report.ts";

/** What to trace. */
export interface TraceRequest {
  readonly confDir: ConfDir;
  /** The file that was chosen, with its network. */
  readonly file: ConfFile & { readonly list: ConfList };
  readonly attachment: AttachmentSpec;
  readonly isTemporary: boolean;
  /** The directories of plugins. */
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Write down the calls that plugins make themselves, too. */
  readonly withDelegates: boolean;
  readonly cachePath: string;
}

/** Makes a runtime that tells the observer; DEL's must not be stopped by an interruption. */
export type CreateRuntime = (extras: {
  readonly observer: CallObserver;
  readonly givenPath: readonly string[];
  readonly isInterruptible: boolean;
}) => Runtime;

/**
 * Attaches a namespace to a network and detaches it again, and tells every step: which files were
 * looked at, what each plugin got and answered, and what the kernel had otherwise after each. A
 * plugin's failure is part of the report; DEL comes in any case.
 */
export async function traceNetwork(
  request: TraceRequest,
  createRuntime: CreateRuntime,
): Promise<TraceReport> {
  const { file, attachment, path, env } = request;
  const { list } = file;
  // As it is now: plugins may take their time, and a report must not fail at the end.
  const confText = readFileSync(file.path, "utf8");
  const startedAtMs = Date.now();
  using netns = Netns.open(attachment.netns);
  using delegates = request.withDelegates ? new DelegateRecorder(path) : undefined;
  const recorder = new CallRecorder({
    netns,
    list,
    ifName: attachment.ifName,
    env,
    startedAtMs,
    delegates,
  });
  const { observer } = recorder;
  const givenPath = delegates === undefined ? path : [delegates.directory, ...path];
  const runtime = (isInterruptible: boolean): Runtime =>
    createRuntime({ observer, givenPath, isInterruptible });
  const before = recorder.state;
  let result: JsonObject | undefined;
  const add = await operation("ADD", recorder, async () => {
    result = await runtime(true).add(list, attachment);
  });
  const during = recorder.state;
  // A trace leaves nothing: the plugins before one whose DEL fails are called as well.
  const del = await operation("DEL", recorder, () =>
    runtime(false).del(list, attachment, { keepGoing: true }),
  );
  return {
    network: list.name,
    cniVersion: list.cniVersion,
    startedAt: new Date(startedAtMs).toISOString(),
    nodewright: VERSION,
    kernel: release(),
    confDir: request.confDir.path,
    files: request.confDir.files.map((one) => describeFile(one, request)),
    confText,
    netns: {
      path: attachment.netns,
      inode: statSync(attachment.netns).ino,
      isTemporary: request.isTemporary,
    },
    netnsCommands: netnsCommands(attachment.netns),
    containerId: attachment.containerId,
    ifName: attachment.ifName,
    search: list.plugins.map(({ type }) => searchFor(type, path)),
    add,
    result,
    cachePath: request.cachePath,
    del,
    leftovers: recorder.since(before),
    picture: drawPicture(before, during, attachment.netns),
  };
}

function netnsCommands(path: string): readonly string[] {
  const name = netnsName(path);
  return name === undefined ? [] : [`ip netns add ${shellQuote(name)}`];
}

async function operation(
  command: "ADD" | "DEL",
  recorder: CallRecorder,
  body: () => Promise<void>,
): Promise<TracedOperation> {
  let error: TracedError | undefined;
  try {
    await body();
  } catch (thrown) {
    const { code, message, details } = toCniError(thrown);
    error = { code, message, details };
  }
  return { command, calls: recorder.take(), error };
}

function describeFile(one: ConfFile, { confDir, file }: TraceRequest): TracedFile {
  const network = one.list?.name;
  return {
    path: one.path,
    form: one.form,
    network,
    verdict: verdict(one, file),
    isRuntimeDefault: defaultFile(confDir)?.path === one.path,
    problems: one.problems,
  };
}

function verdict(one: ConfFile, chosen: TraceRequest["file"]): TracedFile["verdict"] {
  if (one.path === chosen.path) return "chosen";
  if (one.list === undefined) return "malformed";
  return one.list.name === chosen.list.name ? "hidden by the chosen one" : "another network";
}

/** The directories in order, up to the one that has the plugin. */
function searchFor(type: string, path: readonly string[]): TracedSearch {
  const tried: { path: string; isThere: boolean }[] = [];
  for (const directory of path) {
    const candidate = join(directory, type);
    const isThere = statSync(candidate, { throwIfNoEntry: false })?.isFile() === true;
    tried.push({ path: candidate, isThere });
    if (isThere) break;
  }
  return { type, tried };
}
