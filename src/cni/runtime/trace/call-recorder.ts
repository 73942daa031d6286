import type { Netns } from "../../../netns/mod.ts";
import type { ConfList } from "../../conf/conf-list.ts";
import type { CallObserver, PluginCall } from "../plugin-caller.ts";
import type { ProcessOutcome } from "../run-process.ts";
import { commandsByHand } from "./by-hand/commands-by-hand.ts";
import { compareItems, type KernelChange } from "./compare-items.ts";
import { type DelegateRecorder, withoutScripts } from "./delegate-recorder.ts";
import { kernelItems } from "./kernel-items.ts";
import { type KernelState, readNetnsState } from "./kernel-state.ts";
import { readReservationFiles } from "./read-files.ts";
import { readFirewall } from "./read-firewall.ts";
import type { TracedCall } from "./trace-report.ts";
import { tunedSysctls } from "./tuned-sysctls.ts";

/** Where a call recorder looks. */
export interface CallRecorderOptions {
  readonly netns: Netns;
  readonly list: ConfList;
  readonly ifName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Undefined where plugins' own calls are not recorded. */
  readonly delegates: DelegateRecorder | undefined;
}

/** Writes down every call of a plugin, and what the kernel has otherwise after it. */
export class CallRecorder {
  readonly #options: CallRecorderOptions;
  readonly #calls: TracedCall[] = [];
  #state: KernelState;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
    this.#state = this.#look();
  }

  /** What to give to the runtime. */
  get observer(): CallObserver {
    return { after: (call, outcome) => this.#record(call, outcome) };
  }

  /** The state after the last call. */
  get state(): KernelState {
    return this.#state;
  }

  /** The calls since this was asked last. */
  take(): readonly TracedCall[] {
    return this.#calls.splice(0);
  }

  /** What is otherwise than in an earlier state. */
  since(before: KernelState): readonly KernelChange[] {
    return compareItems(kernelItems(before), kernelItems(this.#state));
  }

  #record(call: PluginCall, outcome: ProcessOutcome): void {
    const before = this.#state;
    this.#state = this.#look();
    const { delegates, startedAtMs } = this.#options;
    const { CNI_PATH: path = "" } = call.variables;
    this.#calls.push({
      command: call.command,
      index: call.index,
      type: call.type,
      path: call.path,
      variables: {
        ...call.variables,
        CNI_PATH: delegates === undefined ? path : withoutScripts(path, delegates.directory),
      },
      stdin: call.stdin,
      stdout: outcome.stdout,
      stderr: outcome.stderr,
      exitCode: outcome.exitCode,
      signalCode: outcome.signalCode,
      isTimedOut: outcome.isTimedOut,
      startedMs: outcome.startedAtMs - startedAtMs,
      durationMs: outcome.durationMs,
      delegates: delegates?.take() ?? [],
      changes: this.since(before),
      commands: commandsByHand(before, this.#state, this.#options.netns.path),
    });
  }

  #look(): KernelState {
    const { netns, env, list, ifName } = this.#options;
    const sysctls = tunedSysctls(list, ifName);
    return {
      host: readNetnsState(sysctls),
      pod: readNetnsState(sysctls, netns),
      firewall: readFirewall(env),
      files: readReservationFiles(list),
    };
  }
}
