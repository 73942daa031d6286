import { statSync } from "node:fs";
import type { ConfList } from "../conf/conf-list.ts";
import { checkIfName, checkName } from "../conf/names.ts";
import type { Attachment } from "../conf/plugin-conf.ts";
import { CNI_ERROR, CniError, joinErrors, toCniError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { isSameNetns } from "../plugins/lib/same-netns.ts";
import type { CniCommand } from "../skel/plugin.ts";
import { isAtLeast } from "../version.ts";
import type { PluginCaller } from "./plugin-caller.ts";
import { readResult, resultInVersion } from "./plugin-outcome.ts";
import type { AttachmentSpec } from "./request.ts";
import type { CachedAttachment, ResultCache } from "./result-cache.ts";
import type { RuntimeLocks } from "./runtime-locks.ts";
import { type PluginVersions, readVersions } from "./version-answer.ts";

/** What the operations of a runtime are made of. */
export interface RuntimeParts {
  readonly caller: PluginCaller;
  readonly cache: ResultCache;
  readonly locks: RuntimeLocks;
  /** When this machine was started, milliseconds since the epoch: what is older is of no use. */
  readonly bootedAtMs: number;
  /** Told what a person may want to know though it is no failure. */
  readonly note: (text: string) => void;
}

export interface AddOptions {
  /** DEL what a failed ADD left: the specification wants it of whoever calls. */
  readonly rollback?: boolean;
}

export interface DelOptions {
  /** Call the other plugins although one has failed. */
  readonly keepGoing?: boolean;
}

/**
 * The operations of SPEC 1.1, section 3, over the plugins of a network: in order, with the result
 * of each handed to the next, the last one kept for CHECK and DEL, and nothing for one container at
 * the same time. Every failure is a CniError: a plugin's own where it printed one.
 */
export class Runtime {
  readonly #parts: RuntimeParts;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
  }

  /** Attaches a container, and gives the last plugin's result, in the version of the list. */
  async add(
    list: ConfList,
    attachment: AttachmentSpec,
    { rollback = false }: AddOptions = {},
  ): Promise<JsonObject> {
    checkAttachment(list, attachment);
    return await this.#parts.locks.forContainer(attachment.containerId, async () => {
      this.#refuseSecondAdd(list, attachment);
      await this.#requireVersions(list);
      try {
        const result = await this.#addAll(list, attachment);
        this.#parts.cache.write(list, attachment, result);
        return result;
      } catch (thrown) {
        if (rollback) await this.#rollBack(list, attachment);
        throw thrown;
      }
    });
  }

  /**
   * Looks whether an attachment still is as ADD left it. False where nobody was asked, because the
   * network does not want it.
   */
  async check(list: ConfList, attachment: AttachmentSpec): Promise<boolean> {
    checkAttachment(list, attachment);
    if (!isAtLeast(list.cniVersion, "0.4.0")) {
      const message = `Cannot CHECK: the version "${list.cniVersion}" of "${list.name}" does not support the CHECK command`;
      throw new CniError(CNI_ERROR.incompatibleVersion, message);
    }
    if (list.disableCheck) return this.#notAsked(list, "disableCheck");
    await this.#parts.locks.forContainer(attachment.containerId, async () => {
      const prevResult = this.#prevResult(list, attachment);
      if (prevResult === undefined) throw notAttached(list, attachment);
      for (const [index, plugin] of list.plugins.entries()) {
        const call = { command: "CHECK", list, plugin, index, attachment } as const;
        await this.#parts.caller.call({ ...call, injected: { prevResult } });
      }
    });
    return true;
  }

  /** Detaches a container. Success where it is not attached; may be repeated after a failure. */
  async del(list: ConfList, attachment: AttachmentSpec, options: DelOptions = {}): Promise<void> {
    checkAttachment(list, attachment);
    await this.#parts.locks.forContainer(attachment.containerId, () =>
      this.#del(list, attachment, options),
    );
  }

  /**
   * Releases everything of a network that is not of a valid attachment: DEL for those that the
   * cache knows, then GC of each plugin. An empty list releases all. Goes on past errors. False
   * where nothing was done, because the network does not want it.
   */
  async gc(list: ConfList, valid: readonly Attachment[]): Promise<boolean> {
    if (list.disableGC) return this.#notAsked(list, "disableGC");
    await this.#parts.locks.alone(async () => {
      const failures: unknown[] = [];
      this.#parts.cache.removeLeftovers();
      for (const cached of this.#parts.cache.list().attachments) {
        if (cached.network !== list.name || isAmong(valid, cached)) continue;
        await this.#del(cached.list ?? list, cached, {}).catch((e: unknown) => failures.push(e));
      }
      if (isAtLeast(list.cniVersion, "1.1.0")) {
        for (const [index, plugin] of list.plugins.entries()) {
          const call = { command: "GC", list, plugin, index } as const;
          await this.#parts.caller
            .call({ ...call, injected: { validAttachments: valid } })
            .catch((e: unknown) => failures.push(e));
        }
      } else this.#parts.note(tooOld(list, "GC"));
      const failure = joinErrors(failures);
      if (failure !== undefined) throw failure;
    });
    return true;
  }

  /**
   * Asks every plugin whether it could serve an ADD; throws the first one's error that cannot.
   * False where nobody was asked, because the network is of a version without STATUS.
   */
  async status(list: ConfList): Promise<boolean> {
    if (!isAtLeast(list.cniVersion, "1.1.0")) {
      this.#parts.note(tooOld(list, "STATUS"));
      return false;
    }
    for (const [index, plugin] of list.plugins.entries()) {
      await this.#parts.caller.call({ command: "STATUS", list, plugin, index });
    }
    return true;
  }

  /** The versions that each plugin of a network speaks. */
  async versions(list: ConfList): Promise<readonly PluginVersions[]> {
    const answers: PluginVersions[] = [];
    for (const [index, plugin] of list.plugins.entries()) {
      const path = this.#parts.caller.find(plugin.type);
      const supported = await readVersions(path, () => this.#parts.caller.version(plugin, index));
      const isSupported = supported.includes(list.cniVersion);
      answers.push({ type: plugin.type, path, supportedVersions: supported, isSupported });
    }
    return answers;
  }

  #notAsked({ name }: ConfList, key: string): false {
    this.#parts.note(`"${name}" has ${key}: nothing is done`);
    return false;
  }

  /**
   * A plugin that lacks the network's version would refuse its ADD when those before it have done
   * theirs. The first one has nobody before it: its own refusal is enough.
   */
  async #requireVersions(list: ConfList): Promise<void> {
    const later = { ...list, plugins: list.plugins.slice(1) };
    for (const { type, supportedVersions, isSupported } of await this.versions(later)) {
      if (isSupported) continue;
      throw new CniError(
        CNI_ERROR.incompatibleVersion,
        `Cannot ADD to "${list.name}": its version is "${list.cniVersion}", "${type}" accepts ${supportedVersions.join(", ")}`,
        { fix: `Set cniVersion of "${list.file}" to one that all of its plugins accept` },
      );
    }
  }

  async #addAll(list: ConfList, attachment: AttachmentSpec): Promise<JsonObject> {
    let prevResult: JsonObject | undefined;
    for (const [index, plugin] of list.plugins.entries()) {
      const call = { command: "ADD", list, plugin, index, attachment } as const;
      const answer = await this.#parts.caller.call({ ...call, injected: { prevResult } });
      prevResult = readResult(answer, answer.stdout, list.cniVersion);
    }
    return prevResult ?? { cniVersion: list.cniVersion };
  }

  async #del(
    list: ConfList,
    attachment: AttachmentSpec,
    { keepGoing, caller = this.#parts.caller }: DelOptions & { readonly caller?: PluginCaller },
  ): Promise<void> {
    const prevResult = this.#prevResult(list, attachment);
    const failures: unknown[] = [];
    for (const [index, plugin] of [...list.plugins.entries()].reverse()) {
      const call = { command: "DEL", list, plugin, index, attachment } as const;
      try {
        await caller.call({ ...call, injected: { prevResult } });
      } catch (thrown) {
        if (isOtherVersion(thrown)) {
          // Its ADD was refused too: it has nothing to give back, and must not keep the others.
          this.#parts.note(`"${plugin.type}" is passed over: ${toCniError(thrown).message}`);
          continue;
        }
        failures.push(thrown);
        // SPEC 1.1, section 3: the first error ends it; repeated, it begins at the end again.
        if (keepGoing !== true) break;
      }
    }
    const failure = joinErrors(failures);
    if (failure !== undefined) throw failure;
    this.#parts.cache.remove({ ...attachment, network: list.name });
  }

  /** What ADD ended with, in the list's version; undefined where that is too old, or lost. */
  #prevResult(list: ConfList, attachment: AttachmentSpec): JsonObject | undefined {
    if (!isAtLeast(list.cniVersion, "0.4.0")) return undefined;
    const cached = this.#parts.cache.read({ ...attachment, network: list.name });
    if (cached?.result === undefined) return undefined;
    try {
      return resultInVersion(cached.result, list.cniVersion);
    } catch (thrown) {
      const why = toCniError(thrown).message;
      this.#parts.note(`"${cached.path}" is of no use and passed over: ${why}`);
      return undefined;
    }
  }

  /** A second ADD, and above all its rollback, would be at the cost of the first. */
  #refuseSecondAdd(list: ConfList, attachment: AttachmentSpec): void {
    const cached = this.#parts.cache.read({ ...attachment, network: list.name });
    if (cached === undefined || !this.#isAlive(cached, attachment)) return;
    const { containerId, ifName } = attachment;
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot ADD container "${containerId}", interface "${ifName}" to "${list.name}": it is attached already`,
      { details: `"${cached.path}" has the result`, fix: "DEL it first" },
    );
  }

  #isAlive(cached: CachedAttachment, { netns }: AttachmentSpec): boolean {
    return (
      cached.writtenAtMs >= this.#parts.bootedAtMs &&
      isSameNetns(cached.netns, netns) &&
      statSync(netns, { throwIfNoEntry: false }) !== undefined
    );
  }

  async #rollBack(list: ConfList, attachment: AttachmentSpec): Promise<void> {
    try {
      const caller = this.#parts.caller.uninterrupted();
      await this.#del(list, attachment, { keepGoing: true, caller });
      this.#parts.note("What the failed ADD left was taken away by DEL");
    } catch (thrown) {
      this.#parts.note(`The DEL after the failed ADD failed too: ${toCniError(thrown).message}`);
    }
  }
}

function isOtherVersion(thrown: unknown): boolean {
  return thrown instanceof CniError && thrown.code === CNI_ERROR.incompatibleVersion;
}

function isAmong(valid: readonly Attachment[], { containerId, ifName }: Attachment): boolean {
  return valid.some((one) => one.containerId === containerId && one.ifName === ifName);
}

function tooOld({ name, cniVersion }: ConfList, command: CniCommand): string {
  return `"${name}" is of version ${cniVersion}: plugins have ${command} since 1.1.0 and are not called`;
}

function notAttached({ name }: ConfList, { containerId, ifName }: Attachment): CniError {
  return new CniError(
    CNI_ERROR.unknownContainer,
    `Cannot CHECK container "${containerId}", interface "${ifName}" of "${name}": no result of an ADD is known`,
  );
}

/** What the plugins would refuse, each by itself. */
function checkAttachment({ name }: ConfList, { containerId, ifName }: Attachment): void {
  const wrong = [
    { what: `network name "${name}"`, why: checkName(name), code: CNI_ERROR.invalidConfig },
    {
      what: `container ID "${containerId}"`,
      why: checkName(containerId),
      code: CNI_ERROR.invalidEnvironment,
    },
    {
      what: `interface name "${ifName}"`,
      why: checkIfName(ifName),
      code: CNI_ERROR.invalidEnvironment,
    },
  ].find(({ why }) => why !== undefined);
  if (wrong !== undefined) {
    throw new CniError(wrong.code, `Cannot use the ${wrong.what}: ${wrong.why}`);
  }
}
