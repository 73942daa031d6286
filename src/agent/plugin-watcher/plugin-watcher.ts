import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BackOff, type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { createUnixClient } from "../../grpc/mod.ts";
import { PluginRegistration } from "../plugin-apis/mod.ts";

/** A plugin as it says of itself. */
export interface PluginInfo {
  readonly name: string;
  /** The socket of its service. */
  readonly endpoint: string;
  readonly versions: readonly string[];
}

/** Takes plugins of one type. */
export interface PluginHandler {
  /** Rejects where the plugin cannot be used. A second one of a name takes the place of the first. */
  register(info: PluginInfo): Promise<void> | void;
  /** The plugin's socket is gone. */
  deregister(info: PluginInfo): void;
}

export interface PluginWatcherDeps {
  /** plugins_registry */
  readonly directory: string;
  /** By type: CSIPlugin, DevicePlugin, DRAPlugin. */
  readonly handlers: Readonly<Record<string, PluginHandler>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often the folder is read without a sign of a change. */
const RESCAN_MS = 5000;
const CALL_MS = 10_000;
const RETRY = { firstMs: 500, maxMs: 122_000 } as const;

/** A socket in the folder; another inode is another plugin. */
interface Seen {
  readonly key: string;
  /** After a failure. */
  readonly retryAt?: number;
  readonly type?: string;
  readonly info?: PluginInfo;
}

/** Registers plugins whose sockets are in the folder, and lets go of those whose sockets have gone. */
export class PluginWatcher {
  readonly #deps: PluginWatcherDeps;
  readonly #seen = new Map<string, Seen>();
  readonly #retries = new BackOff(RETRY);
  #hurry = new AbortController();

  constructor(deps: PluginWatcherDeps) {
    this.#deps = deps;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { directory, clock, log } = this.#deps;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    const watcher: FSWatcher = watch(directory, () => this.#hurry.abort());
    watcher.on("error", (error) =>
      log.warn("Cannot watch for plugins", { error: messageOf(error) }),
    );
    try {
      let either = AbortSignal.any([signal, this.#hurry.signal]);
      while (!signal.aborted) {
        await this.sync().catch((thrown: unknown) => {
          log.warn("Cannot look for plugins", { error: messageOf(thrown) });
        });
        await clock.sleep(this.#pauseMs(), either).catch(() => {});
        if (!this.#hurry.signal.aborted) continue;
        this.#hurry = new AbortController();
        either = AbortSignal.any([signal, this.#hurry.signal]);
      }
    } finally {
      watcher.close();
    }
  }

  /** Until the next plugin is to be tried again, at the latest until the folder is read again. */
  #pauseMs(): number {
    const now = this.#deps.clock.now();
    const retries = [...this.#seen.values()].flatMap(({ retryAt }) =>
      retryAt === undefined ? [] : [retryAt - now],
    );
    return Math.max(0, Math.min(RESCAN_MS, ...retries));
  }

  /** Makes what is registered what is in the folder now. */
  async sync(): Promise<void> {
    const sockets = await socketsIn(this.#deps.directory);
    for (const [path, seen] of this.#seen) {
      if (sockets.get(path) !== seen.key) this.#forget(path, seen);
    }
    const fresh = [...sockets].filter(([path]) => this.#seen.get(path)?.info === undefined);
    await Promise.all(fresh.map(([path, key]) => this.#register(path, key)));
  }

  #forget(path: string, { type, info }: Seen): void {
    this.#seen.delete(path);
    this.#retries.forget(path);
    if (type === undefined || info === undefined) return;
    this.#deps.handlers[type]?.deregister(info);
    this.#deps.log.info("A plugin has gone", { type, name: info.name });
  }

  async #register(path: string, key: string): Promise<void> {
    const { log, clock } = this.#deps;
    const now = clock.now();
    if ((this.#seen.get(path)?.retryAt ?? 0) > now) return;
    this.#seen.set(path, { key });
    using plugin = createUnixClient(path, PluginRegistration, { deadlineMs: CALL_MS });
    try {
      const { type, name, endpoint, supportedVersions } = await plugin.service.getInfo({});
      const info = {
        name,
        endpoint: endpoint === "" ? path : endpoint,
        versions: supportedVersions,
      };
      const error = await this.#hand(type, info, path);
      const pluginRegistered = error === "";
      if (pluginRegistered) {
        this.#seen.set(path, { key, type, info });
        this.#retries.forget(path);
        log.info("A plugin has registered", { type, name });
      } else {
        this.#seen.set(path, { key, retryAt: now + this.#retries.next(path, now) });
        log.warn("Cannot register a plugin", { type, name, error });
      }
      await plugin.service.notifyRegistrationStatus({ pluginRegistered, error });
    } catch (thrown) {
      if (this.#seen.get(path)?.info === undefined) {
        this.#seen.set(path, { key, retryAt: now + this.#retries.next(path, now) });
      }
      log.warn("Cannot speak with a plugin", { socket: path, error: messageOf(thrown) });
    }
  }

  /** Why the plugin's handler does not take it; "" where it does. */
  async #hand(type: string, info: PluginInfo, path: string): Promise<string> {
    const handler = this.#deps.handlers[type];
    if (handler === undefined) {
      return `no handler registered for plugin type: ${type} at socket ${path}`;
    }
    try {
      await handler.register(info);
      return "";
    } catch (thrown) {
      return messageOf(thrown);
    }
  }
}

/** Sockets of a folder by their path, each with what tells it from a later one of the same name. */
async function socketsIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (!entry.isSocket() || entry.name.startsWith(".")) continue;
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined) found.set(path, `${file.ino} ${file.ctimeMs}`);
  }
  return found;
}
