import type { Clock, Logger } from "../base/mod.ts";
import type { CriClient } from "../cri/mod.ts";
import type { AgentSettings, LoadedConfig } from "./config/mod.ts";
import type { DeviceManager } from "./devices/mod.ts";
import type { MachineInfo } from "./node/mod.ts";
import type { Places } from "./placement/mod.ts";
import type { PressureBoard } from "./pressure/mod.ts";
import type { ServiceManager } from "./service-manager.ts";

/** What everything below is made from. */
export interface Foundation {
  readonly config: LoadedConfig;
  readonly settings: AgentSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly cri: CriClient;
  readonly machine: MachineInfo;
  readonly addresses: readonly string[];
  readonly runtimeVersion: string;
  readonly board: PressureBoard;
  readonly manager: ServiceManager | undefined;
  readonly devices: DeviceManager;
  readonly places: Places;
}
