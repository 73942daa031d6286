import type { JsonObject } from "../json.ts";
import { isAtLeast } from "../version.ts";
import type { Subject } from "./subjects.ts";
import type { PluginAnswer, PluginCall, TestHost } from "./test-host.ts";

/** Which attachment, in which version of the specification. */
export interface AttachmentOptions {
  readonly version: string;
  readonly containerId: string;
  readonly netns: string;
  /** Put over the subject's configuration. */
  readonly conf?: JsonObject;
}

/** How one call is made otherwise than usual. */
export type CallOptions = Pick<PluginCall, "directory" | "wrapper"> & {
  readonly env?: Readonly<Record<string, string>>;
};

/** One attachment of a subject, driven operation by operation as a runtime drives it. */
export class TestAttachment {
  readonly #host: TestHost;
  readonly #subject: Subject;
  readonly #options: AttachmentOptions;
  /** What the plugin before it in the list answered. */
  #base: JsonObject | undefined;
  #result: JsonObject | undefined;

  constructor(host: TestHost, subject: Subject, options: AttachmentOptions) {
    this.#host = host;
    this.#subject = subject;
    this.#options = options;
  }

  /** The pod's network namespace. */
  get netns(): string {
    return this.#options.netns;
  }

  /** ADD, after that of the plugin that it is chained on. */
  async add(options: CallOptions = {}): Promise<PluginAnswer> {
    this.#subject.prepare?.(this.#host);
    if (this.#subject.usesUp === true) await this.removeBase();
    if (this.#subject.isChained === true && this.#base === undefined) {
      const base = await this.#call("ADD", this.#baseConf(), {});
      if (base.exitCode !== 0) throw new Error(`ptp does not ADD: ${base.stdout}${base.stderr}`);
      this.#base = base.json;
    }
    const answer = await this.call("ADD", options);
    if (answer.exitCode === 0) this.#result = answer.json;
    return answer;
  }

  /** An operation on the attachment; DEL and CHECK carry ADD's result as prevResult. */
  call(command: string, options: CallOptions = {}): Promise<PluginAnswer> {
    const conf: Record<string, unknown> = this.#conf();
    const prevResult = command === "ADD" ? this.#base : (this.#result ?? this.#base);
    const isKnown = isAtLeast(this.#options.version, "0.4.0") || command === "ADD";
    if (prevResult !== undefined && isKnown) conf["prevResult"] = prevResult;
    if (command === "GC") conf["cni.dev/valid-attachments"] = [];
    // cast: made of JSON only
    return this.#call(command, conf as JsonObject, options);
  }

  /** GC with a list in which this attachment is. */
  collect(): Promise<PluginAnswer> {
    const { containerId } = this.#options;
    const valid = [{ containerID: containerId, ifname: IF_NAME }];
    return this.#call("GC", { ...this.#conf(), "cni.dev/valid-attachments": valid }, {});
  }

  /** DEL of the plugin that it is chained on. */
  async removeBase(): Promise<void> {
    if (this.#base === undefined) return;
    await this.#call("DEL", { ...this.#baseConf(), prevResult: this.#base }, {});
    this.#base = undefined;
  }

  #conf(): JsonObject {
    return {
      cniVersion: this.#options.version,
      name: "conformance",
      type: this.#subject.type,
      ...this.#subject.conf(this.#host),
      ...this.#options.conf,
    };
  }

  #baseConf(): JsonObject {
    const { version } = this.#options;
    const ipam = {
      type: "host-local",
      dataDir: `${this.#host.dataDir}/networks`,
      subnet: "198.51.100.0/24",
    };
    return { cniVersion: version, name: "conformance", type: "ptp", ipam };
  }

  #call(
    command: string,
    conf: JsonObject,
    { env, ...options }: CallOptions,
  ): Promise<PluginAnswer> {
    const { containerId, netns } = this.#options;
    const attached =
      command === "GC" || command === "STATUS"
        ? {}
        : { CNI_CONTAINERID: containerId, CNI_NETNS: netns, CNI_IFNAME: IF_NAME };
    return this.#host.call({
      type: String(conf["type"]),
      env: { CNI_COMMAND: command, ...attached, ...env },
      stdin: conf,
      ...options,
    });
  }
}

const IF_NAME = "eth0";
