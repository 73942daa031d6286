import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import { type Attachment, parsePluginConf } from "../../../conf/plugin-conf.ts";
import { CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { CniCommand, PluginHost } from "../../../skel/plugin.ts";
import { callPlugin } from "../../../skel/run-plugin.ts";
import { hostLocal } from "./host-local.ts";

/** One call of host-local; what is left out is the lab's. */
export interface IpamCall {
  /** Keys of `ipam`. */
  readonly ipam?: object;
  /** Further keys at the top of the configuration. */
  readonly conf?: object;
  readonly attachment?: Attachment;
  /** CNI_ARGS. */
  readonly args?: string;
  readonly cniVersion?: string;
  readonly log?: (line: string) => void;
}

/** An attachment by default to eth0. */
export function container(containerId: string, ifName = "eth0"): Attachment {
  return { containerId, ifName };
}

/** 10.0.0.2 to .6: five addresses. */
const SMALL = { ranges: [[{ subnet: "10.0.0.0/29" }]] };

/** A data directory of its own, and calls of host-local in this process for a network "net". */
export class IpamLab implements Disposable {
  readonly dataDir = mkdtempSync(join(tmpdir(), "nodewright-ipam-"));
  /** The network's directory. */
  readonly net = join(this.dataDir, "net");

  /** Calls as the plugin that delegates to it does. */
  call(command: CniCommand, call: IpamCall = {}): Promise<CniResult | undefined> {
    const stdin = JSON.stringify({
      cniVersion: call.cniVersion ?? "1.1.0",
      name: "net",
      type: "bridge",
      ipam: { type: "host-local", dataDir: this.dataDir, ...(call.ipam ?? SMALL) },
      ...call.conf,
    });
    const host: PluginHost = {
      self: "/none",
      writeStderr: () => {},
      env: {},
      log: call.log ?? (() => {}),
      loadPlugin: async () => undefined,
    };
    const request = {
      command,
      ...(call.attachment ?? container("c1")),
      netns: "",
      args: call.args ?? "",
      path: [],
      conf: parsePluginConf(stdin),
      stdin,
    };
    return callPlugin(hostLocal, request, host);
  }

  /** ADD; gives the addresses. */
  async add(call: IpamCall = {}): Promise<string[]> {
    const result = await this.call("ADD", call);
    return result?.ips.map((ip) => formatInterfaceAddress(ip.address)) ?? [];
  }

  /** Which addresses are reserved, sorted. */
  reserved(): string[] {
    if (!existsSync(this.net)) return [];
    return readdirSync(this.net)
      .filter((name) => /^[0-9a-f]*[.:]/.test(name))
      .sort();
  }

  content(name: string): string {
    return readFileSync(join(this.net, name), "utf8");
  }

  /** As the reference plugin reserves: in place, with its record of the last address. */
  reserveAsReference(address: string, text: string): void {
    mkdirSync(this.net, { recursive: true });
    writeFileSync(join(this.net, address), text, { flag: "wx", mode: 0o600 });
    writeFileSync(join(this.net, "last_reserved_ip.0"), address, { mode: 0o600 });
  }

  /** As if the machine had booted: what was of this boot is of another. */
  reboot(): void {
    const root = join(this.dataDir, ".nodewright/net");
    for (const boot of readdirSync(root)) {
      renameSync(join(root, boot), join(root, `old-${crypto.randomUUID()}`));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The error of a call that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<CniError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof CniError) return thrown;
  throw new Error(`expected a CniError, got ${thrown}`);
}
