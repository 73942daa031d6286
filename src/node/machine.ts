import type { Clock } from "../base/mod.ts";
import type { Disk, Exec, Kernel, Systemd } from "../machine/mod.ts";
import type { DesiredImage } from "../plan/mod.ts";

/** What the CRI status of containerd comes down to. */
export interface CriStatus {
  readonly runtimeReady: boolean;
  readonly networkReady: boolean;
  /** The runtime's own words on what is not ready. */
  readonly message: string;
  /** The socket answers, and has no CRI. */
  readonly isAbsent?: boolean;
}

/** A pod sandbox as reset sees it. */
export interface CriPod {
  readonly id: string;
  /** `NAMESPACE/NAME` */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
}

/** The part of CRI that installing and removing a node needs. Rejects where nothing answers. */
export interface CriPort {
  status(endpoint: string, timeoutMs: number): Promise<CriStatus>;
  pods(endpoint: string): Promise<readonly CriPod[]>;
  /** Of these image names, those that the runtime has. */
  images(endpoint: string, references: readonly string[]): Promise<readonly string[]>;
  /** Loads an image archive of the node; rejects where it does not hold an image of that name. */
  importImage(endpoint: string, image: DesiredImage, signal: AbortSignal): Promise<void>;
  /** Stops and removes a sandbox with its containers; one that is gone is no error. */
  removePod(endpoint: string, id: string): Promise<void>;
}

/** Everything that is not pure in the node part; real in cmd/, fakes in tests. */
export interface Machine {
  readonly disk: Disk;
  readonly systemd: Systemd;
  readonly kernel: Kernel;
  readonly cri: CriPort;
  /** The status code of a GET to a loopback URL; rejects where nothing answers in time. */
  readonly httpStatus: (url: string, timeoutMs: number) => Promise<number>;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly toolVersion: string;
  /** The path of the running program: of the executables sent earlier the one to keep. */
  readonly executable: string;
}
