/** What systemd says of a unit beyond what a plan needs. */
export interface UnitState extends ObservedUnit {
  /** `success`, `exit-code`, `signal`, `start-limit-hit`, `timeout` ... */
  readonly result: string;
  readonly execMainStatus: number;
  /** The ExecStartPre command that has kept it from starting. */
  readonly failedPre?: { readonly command: string; readonly exitStatus: number };
  /** Automatic restarts since it was last started by hand. */
  readonly restarts: number;
  /** Main process, 0 where there is none. */
  readonly mainPid: number;
  /** Where it is made: its file, `` where it has none. */
  readonly fragmentPath: string;
  /** What it was generated from, e.g. /etc/fstab. */
  readonly sourcePath: string;
}

/**
 * The part of systemd that is used. Every call is bounded in time and rejects with NodewrightError;
 * starting what runs and stopping what does not are no errors.
 */
export interface Systemd {
  /** The states of units; one that systemd does not know has loadState `not-found`. */
  show(units: readonly string[]): Promise<Readonly<Record<string, UnitState>>>;
  daemonReload(): Promise<void>;
  /** On disk alone, as `disable`: systemd learns of it at the next daemonReload. */
  enable(unit: string): Promise<void>;
  disable(unit: string): Promise<void>;
  mask(unit: string): Promise<void>;
  unmask(unit: string): Promise<void>;
  /** Resolves when the start job is done; a unit of Type=simple may fail later. */
  start(unit: string): Promise<void>;
  restart(unit: string): Promise<void>;
  stop(unit: string): Promise<void>;
  /** True while the machine is going down: nothing can be started or stopped any more. */
  isGoingDown(): Promise<boolean>;
  /** Swap units that are loaded or have a file. */
  swapUnits(): Promise<readonly string[]>;
  /** A mark of now in the journal, for `journal`'s `after`. */
  journalCursor(): Promise<string | undefined>;
  /** The last lines of a unit, the oldest first; empty where there is no journal. */
  journal(
    unit: string,
    options: { readonly lines: number; readonly after?: string },
  ): Promise<readonly string[]>;
}

/** What systemd says of a unit (`systemctl show`). */
export interface ObservedUnit {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `enabled`, `disabled`, `masked`, `` where there is no file. */
  readonly unitFileState: string;
  readonly needDaemonReload: boolean;
  /** Drop-ins that change it, absolute paths. */
  readonly dropIns: readonly string[];
  /** Epoch milliseconds at which it was last started; absent where it is not running. */
  readonly startedAtMs?: number;
}
